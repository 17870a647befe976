package dev.gatehouse.launcher;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Asks a running process how it is: 0 if it answers 200, else 1.
@Command(
        name = "health",
        mixinStandardHelpOptions = true,
        description = "Ask a probe of a running process; exits with 0 if it says yes.")
final class HealthCommand implements Callable<Integer> {
    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int OK = 200;

    @Option(
            names = "--address",
            paramLabel = "<address:port>",
            defaultValue = "${env:HEALTH_CHECK_ADDR:-127.0.0.1:8080}",
            description = "Where the probes are.")
    private String address;

    @Parameters(
            arity = "0..1",
            defaultValue = "readyz",
            description = "healthz, startupz or readyz [${DEFAULT-VALUE}].")
    private String probe;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        var uri = URI.create("http://%s/%s".formatted(reachable(address), probe));
        try (var client = HttpClient.newBuilder().connectTimeout(LIMIT).build()) {
            var request = HttpRequest.newBuilder(uri).timeout(LIMIT).build();
            var response = client.send(request, HttpResponse.BodyHandlers.ofString());
            spec.commandLine().getOut().println(response.body().strip());
            return response.statusCode() == OK ? 0 : 1;
        } catch (IOException failure) {
            spec.commandLine()
                    .getErr()
                    .println("health: no answer from %s: %s".formatted(uri, failure));
            return 1;
        }
    }

    /// What a process listens on may be the wildcard address.
    static String reachable(String listening) {
        return listening
                .replaceFirst("^0\\.0\\.0\\.0:", "127.0.0.1:")
                .replaceFirst("^\\[::\\]:", "[::1]:");
    }
}
