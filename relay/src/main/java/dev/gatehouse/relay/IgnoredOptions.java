package dev.gatehouse.relay;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/// Options of other relays that mean nothing here: accepted, so that their environment files work.
final class IgnoredOptions {
    @Option(names = "--ebpf-offloading", hidden = true, defaultValue = "${env:EBPF_OFFLOADING:-}")
    private String ebpfOffloading;

    @Option(names = "--ebpf-attach-mode", hidden = true, defaultValue = "${env:EBPF_ATTACH_MODE:-}")
    private String ebpfAttachMode;

    @Option(names = "--ebpf-int4-addr", hidden = true, defaultValue = "${env:EBPF_INT4_ADDR:-}")
    private String ebpfInt4Addr;

    @Option(names = "--ebpf-int6-addr", hidden = true, defaultValue = "${env:EBPF_INT6_ADDR:-}")
    private String ebpfInt6Addr;

    @Option(
            names = "--otlp-grpc-endpoint",
            hidden = true,
            defaultValue = "${env:OTLP_GRPC_ENDPOINT:-}")
    private String otlpGrpcEndpoint;

    @Option(
            names = "--google-cloud-project-id",
            hidden = true,
            defaultValue = "${env:GOOGLE_CLOUD_PROJECT_ID:-}")
    private String googleCloudProjectId;

    @Option(names = "--control-endpoint", hidden = true, defaultValue = "${env:CONTROL_ENDPOINT:-}")
    private String controlEndpoint;

    @Option(
            names = "--num-worker-threads",
            hidden = true,
            defaultValue = "${env:NUM_WORKER_THREADS:-}")
    private String numWorkerThreads;

    @Option(
            names = {"--telemetry", "--firezone-telemetry"},
            hidden = true)
    private boolean telemetry;

    /// These two work as variables: logging begins before the command line is read.
    @Option(names = "--log-format", hidden = true)
    private String logFormat;

    @Option(names = "--rust-log", hidden = true)
    private String rustLog;

    /// The variables that were set.
    List<String> given() {
        var given = new ArrayList<String>();
        add(given, "EBPF_OFFLOADING", ebpfOffloading);
        add(given, "EBPF_ATTACH_MODE", ebpfAttachMode);
        add(given, "EBPF_INT4_ADDR", ebpfInt4Addr);
        add(given, "EBPF_INT6_ADDR", ebpfInt6Addr);
        add(given, "OTLP_GRPC_ENDPOINT", otlpGrpcEndpoint);
        add(given, "GOOGLE_CLOUD_PROJECT_ID", googleCloudProjectId);
        add(given, "CONTROL_ENDPOINT", controlEndpoint);
        add(given, "NUM_WORKER_THREADS", numWorkerThreads);
        add(given, "--log-format (set LOG_FORMAT)", logFormat);
        add(given, "--rust-log (set RUST_LOG)", rustLog);
        for (var name : List.of("FIREZONE_TELEMETRY", "TELEMETRY")) {
            add(given, name, "true".equals(System.getenv(name)) ? "true" : null);
        }
        add(given, "--telemetry", telemetry ? "true" : null);
        for (var name :
                List.of("LISTEN_ADDRESS_DISCOVERY_METHOD", "OTEL_METADATA_DISCOVERY_METHOD")) {
            add(given, name, System.getenv(name));
        }
        return given;
    }

    private static void add(List<String> given, String name, String value) {
        if (value != null && !value.isBlank()) {
            given.add(name);
        }
    }
}
