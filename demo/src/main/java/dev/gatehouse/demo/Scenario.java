package dev.gatehouse.demo;

import static dev.gatehouse.demo.Report.require;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// The steps of the demo, inside the enclosure.
final class Scenario {
    private static final String CIDR_V4 = "http://" + Lab.WEB_V4 + "/";
    private static final String CIDR_V6 = "http://[" + Lab.WEB_V6 + "]/";
    private static final String NAMED = "http://" + Services.WEB_NAME + "/";
    private static final long DOWNLOAD_BYTES = 100_000_000;
    private static final long PACED_BYTES = 60_000_000;
    private static final long PACED_RATE = 12_000_000; // bytes a second: lasts 5 s
    private static final int COLD_STARTS = 5;
    private static final int GET_LIMIT_S = 30;

    /// What is wanted of a time on a quiet machine, and the limit beyond which a step has failed
    /// anywhere: below what it takes where the thing shown does not work. A client by itself
    /// notices the end of a gateway after some 15 s.
    ///
    /// @param goalMs milliseconds; a slower time is told with the step
    /// @param limitMs milliseconds; multiplied by the patience of the caller
    private record Bound(double goalMs, double limitMs) {}

    private static final Bound COLD_START = new Bound(100, 3_000);
    private static final Bound CONTROL_STALL = new Bound(1_000, 10_000);
    private static final Bound DATA_STALL = new Bound(3_000, 12_000);
    private static final Bound MOVE = new Bound(3_000, 12_000);
    private static final Duration SETTLED = Duration.ofSeconds(10); // before a cold start counts
    private static final Duration UP_LIMIT = Duration.ofSeconds(240);

    /// What `--step` may name.
    static final List<String> STEPS =
            List.of(
                    "cidr-v4",
                    "cidr-v6",
                    "dns",
                    "direct",
                    "filtered",
                    "revoked",
                    "download",
                    "control-killed",
                    "data-killed",
                    "gateway-stopped",
                    "relayed");

    private final Report report;
    private final double patience;
    private final Lab lab;
    private final Services services;
    private final Fetch fetch;
    private long joinedNs;

    private Scenario(Report report, Lab lab, double patience) {
        this.report = report;
        this.patience = patience;
        this.lab = lab;
        this.services = new Services(lab, report::say);
        this.fetch = new Fetch(lab.client());
    }

    /// @param arguments file for the result; factor for the limits on times; the one step to run
    ///     or nothing; whether to stay; folder for the logs or nothing
    public static void main(String[] arguments) throws IOException {
        var report = new Report();
        report.say("a portal, two relays, a client and two gateways behind NAT, a private net");
        var lab = Lab.create(Enclosure.folder());
        var scenario = new Scenario(report, lab, Double.parseDouble(arguments[1]));
        try {
            scenario.run(arguments[2]);
            report.write(Path.of(arguments[0]));
            if (Boolean.parseBoolean(arguments[3])) {
                stay(report);
            }
        } finally {
            scenario.services.close();
            report.write(Path.of(arguments[0]));
            if (!arguments[4].isEmpty()) {
                copyLogs(lab.folder(), Path.of(arguments[4]));
            }
        }
        System.exit(report.isOk() ? 0 : 1);
    }

    /// Until a line, or Ctrl-C.
    private static void stay(Report report) throws IOException {
        report.say("everything stays as it is: Enter ends it");
        if (System.in.read() < 0) {
            LockSupport.park(); // nobody types: until a signal
        }
    }

    private Report.Body body(String step) {
        return switch (step) {
            case "cidr-v4" -> figures -> get(CIDR_V4, figures);
            case "cidr-v6" -> figures -> get(CIDR_V6, figures);
            case "dns" -> this::dns;
            case "direct" -> this::direct;
            case "filtered" -> this::filtered;
            case "revoked" -> this::revoked;
            case "download" -> this::download;
            case "control-killed" -> this::controlKilled;
            case "data-killed" -> this::dataKilled;
            case "gateway-stopped" -> this::gatewayStopped;
            case "relayed" -> this::relayed;
            default -> throw new IllegalArgumentException("no step " + step);
        };
    }

    private void run(String only) {
        report.pathFrom(() -> services.maybePath().map(Services.PathSeen::kind).orElse("none"));
        if (report.step("up", this::up)) {
            STEPS.stream()
                    .filter(step -> only.isEmpty() || only.equals(step))
                    .forEach(step -> report.step(step, body(step)));
        }
        if (!report.isOk()) {
            services.tails().forEach(report::say);
        }
    }

    private String up(Map<String, Object> figures) {
        services.startAll();
        var took =
                Wait.until(
                        "all processes joined the portal", UP_LIMIT, services::isEverythingJoined);
        joinedNs = System.nanoTime();
        figures.put("joined_ms", took.toMillis());
        return "portal, 2 relays, 2 gateways and a client are up and joined after "
                + took.toMillis()
                + " ms";
    }

    private String get(String url, Map<String, Object> figures) {
        var answer = fetch.get(url, GET_LIMIT_S);
        require(answer.isOk(), "GET " + url + ": " + answer.error());
        figures.put("first_byte_ms", answer.firstByteMs());
        return "GET %s: \"%s\", first byte after %.1f ms"
                .formatted(url, answer.body().strip(), answer.firstByteMs());
    }

    private String dns(Map<String, Object> figures) {
        var addresses =
                lab.client().attempt("getent", "ahosts", Services.WEB_NAME).out().lines().toList();
        require(!addresses.isEmpty(), Services.WEB_NAME + " does not resolve on the client");
        var proxy = addresses.getFirst().split(" ")[0];
        require(
                proxy.startsWith("100.96.") || proxy.startsWith("fd00:2021:1111:8000:"),
                "not a proxy address: " + proxy);
        var answer = fetch.get(NAMED, GET_LIMIT_S);
        require(answer.isOk(), "GET " + NAMED + ": " + answer.error());
        require(
                answer.body().contains("10.77.0.") || answer.body().contains("fd77:"),
                "the server did not see the gateway: " + answer.body());
        figures.put("first_byte_ms", answer.firstByteMs());
        return "GET %s: the client sees %s, the server says \"%s\""
                .formatted(NAMED, proxy, answer.body().strip());
    }

    private String direct(Map<String, Object> figures) {
        long upNs = System.nanoTime() - joinedNs;
        services.pause(SETTLED.minusNanos(Math.min(upNs, SETTLED.toNanos())));
        var times = new ArrayList<Double>();
        for (int i = 0; i < COLD_STARTS; i++) {
            services.disconnect();
            var answer = fetch.get(CIDR_V4, GET_LIMIT_S);
            require(answer.isOk(), "GET " + CIDR_V4 + ": " + answer.error());
            times.add(answer.firstByteMs());
        }
        var path = services.path();
        figures.put("cold_start_ms", times);
        double median = times.stream().sorted().skip(COLD_STARTS / 2).findFirst().orElseThrow();
        figures.put("cold_start_median_ms", median);
        figures.put("path", path.kind());
        require(!path.isRelayed(), "the path is relayed: " + path);
        return "the path is %s; cold start of a flow to the first byte: median of %d %.1f ms%s"
                .formatted(
                        path.kind(),
                        COLD_STARTS,
                        median,
                        within("the cold start of a flow", median, COLD_START));
    }

    private String filtered(Map<String, Object> figures) {
        require(fetch.get(CIDR_V4, GET_LIMIT_S).isOk(), "no access to a port that is allowed");
        int port = Services.FILTERED_PORT;
        long beganNs = System.nanoTime();
        var connect = "exec 3<>/dev/tcp/%s/%d".formatted(Lab.WEB_V4, port);
        var answer = lab.client().attempt("timeout", "5", "bash", "-c", connect);
        double tookMs = (System.nanoTime() - beganNs) / 1e6;
        require(!answer.isOk(), "a connection to port " + port + " should have been refused");
        require(
                answer.err().contains("No route to host"),
                "expected ICMP prohibited, saw: " + answer.err().strip());
        figures.put("refused_ms", tookMs);
        return "port %d: refused after %.0f ms by ICMP prohibited (\"No route to host\")"
                .formatted(port, tookMs);
    }

    private String revoked(Map<String, Object> figures) {
        require(fetch.get(CIDR_V4, GET_LIMIT_S).isOk(), "no access before the revocation");
        services.block();
        var gone =
                Wait.until(
                        "goodbye closes the connection",
                        Duration.ofSeconds(15),
                        () -> services.maybePath().isEmpty());
        figures.put("closed_ms", gone.toMillis());
        var refused = fetch.get(CIDR_V4, 2);
        require(!refused.isOk(), "access although revoked");
        services.unblock();
        var again =
                Wait.until(
                        "access after the new grant",
                        Duration.ofSeconds(30),
                        () -> fetch.get(CIDR_V4, 2).isOk());
        figures.put("granted_again_ms", again.toMillis());
        return "closed after %d ms, the next packet asks in vain; granted: works %d ms later"
                .formatted(gone.toMillis(), again.toMillis());
    }

    private String download(Map<String, Object> figures) {
        var done = fetch.download("http://" + Lab.WEB_V4 + "/bytes/" + DOWNLOAD_BYTES).join();
        checkBody(done, DOWNLOAD_BYTES);
        figures.put("mbit_s", done.megabitsPerSecond());
        return "100 MB in %.2f s, %.0f Mbit/s, SHA-256 %s..."
                .formatted(
                        done.seconds(), done.megabitsPerSecond(), done.sha256().substring(0, 16));
    }

    /// A word on a time that missed its goal, or nothing.
    ///
    /// @throws Report.Failed beyond the limit
    private String within(String what, double tookMs, Bound bound) {
        double limitMs = bound.limitMs * patience;
        require(
                tookMs <= limitMs,
                "%s took %.0f ms, at most %.0f".formatted(what, tookMs, limitMs));
        return tookMs <= bound.goalMs
                ? ""
                : " (the goal is %.0f ms on a quiet machine)".formatted(bound.goalMs);
    }

    private static void checkBody(Fetch.Download done, long bytes) {
        require(done.status() == 0, "curl ended with " + done.status());
        require(done.bytes() == bytes, "got %d of %d bytes".formatted(done.bytes(), bytes));
        require(done.sha256().equals(Fetch.expectedSha256(bytes)), "wrong SHA-256");
    }

    private String controlKilled(Map<String, Object> figures) {
        require(fetch.get(CIDR_V4, GET_LIMIT_S).isOk(), "no access before the kill");
        var gateway = services.gatewayInUse();
        long killed = killDuringDownloads(gateway, "controlplane", List.of(Lab.WEB_V4), figures);
        var stall = within("the stall", (Double) figures.get("stall_ms"), CONTROL_STALL);
        var back =
                Wait.until(
                        "the control plane takes over",
                        Duration.ofSeconds(60),
                        () -> services.isJoined(gateway) && gateway.pid("controlplane") != killed);
        figures.put("joined_again_ms", back.toMillis());
        require(
                fetch.get(CIDR_V6, GET_LIMIT_S).isOk(),
                "no access after the control plane's return");
        return "kill -9 of the control plane: longest stall %.0f ms%s, same connection"
                .formatted((Double) figures.get("stall_ms"), stall);
    }

    private String dataKilled(Map<String, Object> figures) {
        services.disconnect(); // what was revoked and granted again must be resumed, too
        for (String url : List.of(CIDR_V4, NAMED)) {
            require(fetch.get(url, GET_LIMIT_S).isOk(), "no access before the kill: " + url);
        }
        var gateway = services.gatewayInUse();
        long asked = services.authorizationsSoFar();
        killDuringDownloads(gateway, "dataplane", List.of(Lab.WEB_V4, Services.WEB_NAME), figures);
        var stall = within("the stall", (Double) figures.get("stall_ms"), DATA_STALL);
        require(
                services.authorizationsSoFar() == asked,
                "the client asked the portal again while the data plane was dead");
        return ("kill -9 of the data plane: resumed, downloads by address and by name go on,"
                        + " longest stall %.0f ms%s, portal not asked")
                .formatted((Double) figures.get("stall_ms"), stall);
    }

    /// Whoever downloads only acknowledges: nothing of the client makes good what is forgotten.
    /// Returns the process id that was killed.
    private long killDuringDownloads(
            Services.Gateway gateway,
            String process,
            List<String> hosts,
            Map<String, Object> figures) {
        long pid = gateway.pid(process);
        long bytes = PACED_BYTES / hosts.size(); // all together as much as one alone
        var path = "/paced/" + bytes + "/" + PACED_RATE / hosts.size();
        var running = hosts.stream().map(host -> fetch.download("http://" + host + path)).toList();
        services.pause(Duration.ofMillis(1_500)); // in the middle of the 5 s
        Program.signal(pid, "KILL");
        double stallMs = 0;
        for (var download : running) {
            var done = download.join();
            checkBody(done, bytes);
            stallMs = Math.max(stallMs, done.longestGapMs());
        }
        figures.put("stall_ms", stallMs);
        require(gateway.pid(process) != pid, process + " did not return");
        return pid;
    }

    private String gatewayStopped(Map<String, Object> figures) {
        require(fetch.get(CIDR_V4, GET_LIMIT_S).isOk(), "no access before the stop");
        var gateway = services.gatewayInUse();
        gateway.signal("TERM");
        var moved =
                Wait.until(
                        "the client moves to the other gateway",
                        Duration.ofSeconds(60),
                        () -> fetch.get(CIDR_V4, 1).isOk());
        figures.put("moved_ms", moved.toMillis());
        var other = services.gatewayInUse();
        require(other != gateway, "still on the gateway that was stopped");
        return "SIGTERM to %s: goodbye, the next GET goes through %s after %d ms%s"
                .formatted(
                        gateway.name(),
                        other.name(),
                        moved.toMillis(),
                        within("the move", moved.toMillis(), MOVE));
    }

    private String relayed(Map<String, Object> figures) {
        services.stopGatewaysAndClient();
        lab.nat(Lab.NatKind.SYMMETRIC);
        services.startGatewaysAndClient();
        Wait.until("joined again behind symmetric NATs", UP_LIMIT, services::isEverythingJoined);
        for (String url : new String[] {CIDR_V4, CIDR_V6, NAMED}) {
            var answer = fetch.get(url, GET_LIMIT_S);
            require(answer.isOk(), "GET " + url + ": " + answer.error());
            figures.put("first_byte_ms " + url, answer.firstByteMs());
        }
        var path = services.path();
        figures.put("path", path.kind());
        require(path.isRelayed(), "the path is not relayed: " + path);
        var done = fetch.download("http://" + Lab.WEB_V4 + "/bytes/" + DOWNLOAD_BYTES).join();
        checkBody(done, DOWNLOAD_BYTES);
        figures.put("mbit_s", done.megabitsPerSecond());
        return "both NATs symmetric: the same GETs over the path %s; 100 MB at %.0f Mbit/s"
                .formatted(path.kind(), done.megabitsPerSecond());
    }

    private static void copyLogs(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".log")).toList()) {
                var target = to.resolve(file.getFileName().toString());
                Files.createDirectories(to);
                Files.copy(file, target, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
