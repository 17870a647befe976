package dev.gatehouse.http;

import picocli.CommandLine.Option;

/// `--health-check-addr` of a process whose probes and metrics strangers may ask for. Each process
/// judges the address itself: one takes names of hosts, another only addresses.
public final class ProbeAddressOption {
    @Option(
            names = "--health-check-addr",
            paramLabel = "<address:port>",
            defaultValue = "${env:HEALTH_CHECK_ADDR:-0.0.0.0:8080}",
            description = "Where probes and metrics are served.")
    private String address;

    /// As it was written.
    public String text() {
        return address;
    }
}
