package dev.gatehouse.portal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.config.DirectoryReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class PortalCommandTest {
    @TempDir private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        var command = new CommandLine(new PortalCommand());
        command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }

    private String config() {
        return directory.resolve("portal.yaml").toString();
    }

    @Test
    void initWritesAFileThatIsValidAndTokensThatOnlyTheirOwnerReads() throws Exception {
        var tokens = directory.resolve("tokens");
        assertThat(run("init", "--config", config(), "--tokens-dir", tokens.toString())).isZero();
        assertThat(run("check", config())).isZero();
        String token = Files.readString(tokens.resolve("client")).strip();
        assertThat(token).startsWith(".").doesNotContain(" ");
        assertThat(Files.readString(Path.of(config()))).doesNotContain(token);
        assertThat(
                        PosixFilePermissions.toString(
                                Files.getPosixFilePermissions(tokens.resolve("client"))))
                .isEqualTo("rw-------");
        assertThat(run("init", "--config", config())).isEqualTo(2);
    }

    @Test
    void aCreatedTokenIsWrittenBelowTheOthers() throws Exception {
        run("init", "--config", config());
        out.getBuffer().setLength(0);
        assertThat(
                        run(
                                "token",
                                "create",
                                "--type",
                                "client",
                                "--actor",
                                "alice",
                                "--write",
                                "--config",
                                config()))
                .isZero();
        var directoryOfFile = DirectoryReader.read(Files.readString(Path.of(config())));
        assertThat(directoryOfFile.tokens()).hasSize(4);
        String id = out.toString().strip().split("\\.")[1];
        assertThat(directoryOfFile.token(id)).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "token create --type gateway --config C | --type gateway needs --site NAME",
                "token create --type gateway --site X --config C | no site of",
                "token create --type relay --site main --config C | is for --type gateway only",
                "--config nowhere.yaml | `portal init` writes a first one",
                "--config C --listen here | is not like 0.0.0.0:8083",
                "--config C --tls-cert a.pem | belong together",
                "--config C --trusted-proxies here | is not like 10.0.0.0/8",
            })
    void aMistakeEndsWithTwoAndOneLine(String line, String message) {
        run("init", "--config", config());
        err.getBuffer().setLength(0);
        assertThat(run(line.replace(" C", " " + config()).split(" "))).isEqualTo(2);
        assertThat(err.toString().lines()).hasSize(1);
        assertThat(err.toString()).contains(message);
    }

    @Test
    void aMistakeInTheFileIsToldWithItsLine() throws Exception {
        Files.writeString(Path.of(config()), "account:\n  slog: x\n");
        assertThat(run("check", config())).isEqualTo(2);
        assertThat(err.toString())
                .startsWith("gatehouse portal: " + config() + ":2:3: unknown key \"slog\"");
    }

    @Test
    void aBackupIsWrittenBesideARunningPortalAndWithoutOne() throws Exception {
        try (var portal = TestPortal.start(directory)) {
            var answer = portal.apiStatus("GET", "/api/v1/backup", TestPortal.API_TOKEN);
            assertThat(answer).isEqualTo(200);
        }
        var file = directory.resolve("backup.zip");
        assertThat(
                        run(
                                "backup",
                                "--data-dir",
                                directory.resolve("data").toString(),
                                file.toString()))
                .isZero();
        assertThat(Files.readAllBytes(file)).startsWith('P', 'K');
    }
}
