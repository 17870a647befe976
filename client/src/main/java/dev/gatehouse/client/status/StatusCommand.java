package dev.gatehouse.client.status;

import dev.gatehouse.channel.frame.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Shows resources, gateways and paths of the client that runs on this host.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows resources, gateways and paths of the running client.")
public final class StatusCommand implements Callable<Integer> {
    public static final String SOCKET =
            "${env:GATEHOUSE_CLIENT_SOCKET:-/run/gatehouse-client/status}";

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(
            names = "--ready",
            description =
                    "Say whether the client is logged in, with addresses, DNS and routes set; exit"
                            + " with 0 if so, else with 1.")
    private boolean asksForReadiness;

    @Option(
            names = "--status-socket",
            paramLabel = "<path>",
            defaultValue = SOCKET,
            description = "Socket of the running client.")
    private Path socket;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        ClientStatus status;
        try {
            status = StatusServer.ask(socket);
        } catch (IOException _) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "gatehouse client: no client answers at %s: is it running?"
                                    .formatted(socket));
            return 1;
        }
        if (asksForReadiness) {
            spec.commandLine().getOut().println(status.readiness());
            return status.ready() ? 0 : 1;
        }
        var text =
                json
                        ? Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(status)
                        : status.toText().stripTrailing();
        spec.commandLine().getOut().println(text);
        return 0;
    }
}
