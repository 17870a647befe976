package dev.gatehouse.channel.options;

import java.util.Optional;
import picocli.CommandLine.Option;

/// Who a gateway or a client is to its portal. What stands in for an option that is not set, and
/// how long a name may be, each process says.
public final class IdentityOptions {
    @Option(
            names = {"-i", "--firezone-id"},
            paramLabel = "<id>",
            defaultValue = "${env:FIREZONE_ID:-}",
            description = "Lasting identity of this host; made and kept if not set.")
    private String id;

    @Option(
            names = "--firezone-name",
            paramLabel = "<name>",
            defaultValue = "${env:FIREZONE_NAME:-}",
            description = "How the portal shows this host; else the host name.")
    private String name;

    public Optional<String> id() {
        return given(id);
    }

    public Optional<String> name() {
        return given(name);
    }

    private static Optional<String> given(String text) {
        return Optional.of(text.strip()).filter(stripped -> !stripped.isEmpty());
    }
}
