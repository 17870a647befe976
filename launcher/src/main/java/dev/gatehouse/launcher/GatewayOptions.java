package dev.gatehouse.launcher;

import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// The words that one-process gateways take (portal-channel.md 1.3 and 1.8), for the two processes
/// of this one: they go on as the variables of the same meaning, so that no token shows in a list
/// of processes but this one's.
final class GatewayOptions {
    @Option(
            names = "--token",
            paramLabel = "<token>",
            description = "The gateway's token, or a file that holds it [FIREZONE_TOKEN].")
    private String token;

    @Parameters(
            arity = "0..1",
            paramLabel = "<token>",
            description = "The token, instead of the option.")
    private String positionalToken;

    @Option(
            names = {"-i", "--firezone-id"},
            paramLabel = "<id>",
            description = "Lasting identity of this host; made and kept if not set [FIREZONE_ID].")
    private String id;

    @Option(
            names = "--firezone-name",
            paramLabel = "<name>",
            description = "How the portal shows this host; else the host name [FIREZONE_NAME].")
    private String name;

    @Option(
            names = {"-u", "--api-url"},
            paramLabel = "<url>",
            description = "The portal, wss://host or ws://host:port [FIREZONE_API_URL].")
    private String apiUrl;

    @Option(
            names = "--health-check-addr",
            paramLabel = "<address:port>",
            description = "Where probes and metrics are served [HEALTH_CHECK_ADDR].")
    private String healthCheckAddr;

    @Option(
            names = "--max-partition-time",
            paramLabel = "<duration>",
            description =
                    "How long the portal may be away before this process gives up; 0 = for ever"
                            + " [FIREZONE_MAX_PARTITION_TIME].")
    private String maxPartition;

    /// Of what was said; all else the processes inherit.
    Map<String, String> environment() {
        var given = new TreeMap<String, String>();
        put(given, "FIREZONE_TOKEN", positionalToken == null ? token : positionalToken);
        put(given, "FIREZONE_ID", id);
        put(given, "FIREZONE_NAME", name);
        put(given, "FIREZONE_API_URL", apiUrl);
        put(given, "HEALTH_CHECK_ADDR", healthCheckAddr);
        put(given, "FIREZONE_MAX_PARTITION_TIME", maxPartition);
        return given;
    }

    private static void put(Map<String, String> given, String variable, String value) {
        if (value != null) {
            given.put(variable, value);
        }
    }
}
