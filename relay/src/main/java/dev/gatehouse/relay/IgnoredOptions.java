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
        return given;
    }

    private static void add(List<String> given, String name, String value) {
        if (value != null && !value.isBlank()) {
            given.add(name);
        }
    }
}
