package dev.gatehouse.portal.command;

import dev.gatehouse.portal.api.ApiToken;
import dev.gatehouse.portal.store.PortalStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `portal backup FILE`: a zip of the database, through the API while a portal runs.
@Command(
        name = "backup",
        description = "Writes a zip of the database; works beside a running portal.",
        mixinStandardHelpOptions = true)
public final class PortalBackupCommand implements Callable<Integer> {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @Mixin private FileOptions files = new FileOptions();

    @Option(
            names = "--api",
            paramLabel = "<address:port>",
            description = "Address of the running portal's API.",
            defaultValue = "${env:GATEHOUSE_PORTAL_API_LISTEN:-127.0.0.1:8084}")
    private String api;

    @Option(
            names = "--api-token",
            paramLabel = "<token>",
            description = "Its bearer token; otherwise the one in the data directory.",
            defaultValue = "${env:GATEHOUSE_PORTAL_API_TOKEN:-}",
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
    private String apiToken;

    @Parameters(paramLabel = "FILE", description = "The zip file to write.")
    private Path file;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        return CommandReport.reporting(spec, files.config, this::backup);
    }

    private int backup() throws IOException, UsageMistake, SQLException {
        if (Files.exists(file)) {
            throw new UsageMistake("FILE: %s exists; name another file".formatted(file));
        }
        if (!Files.isDirectory(files.dataDirectory)) {
            throw new UsageMistake(
                    "--data-dir: there is no directory %s".formatted(files.dataDirectory));
        }
        try (var store = PortalStore.open(files.dataDirectory)) {
            store.backup(file);
            return CommandReport.OK;
        } catch (PortalStore.StoreLocked _) {
            return fromRunningPortal();
        }
    }

    private int fromRunningPortal() throws IOException {
        String token =
                new ApiToken(files.dataDirectory, Optional.of(apiToken).filter(t -> !t.isBlank()))
                        .value();
        var request =
                HttpRequest.newBuilder(URI.create("http://" + api + "/api/v1/backup"))
                        .header("Authorization", "Bearer " + token)
                        .timeout(TIMEOUT)
                        .build();
        try (var http = HttpClient.newHttpClient()) {
            var response = http.send(request, BodyHandlers.ofByteArray());
            if (response.statusCode() != 200) {
                throw new IOException("the portal answered " + response.statusCode());
            }
            var mode = PosixFilePermissions.fromString("rw-------");
            Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
            Files.write(file, response.body());
            return CommandReport.OK;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
