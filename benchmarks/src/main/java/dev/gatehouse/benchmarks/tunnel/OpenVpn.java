package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `openvpn` in user space at both ends: UDP, TLS with pinned certificates, AES-256-GCM.
final class OpenVpn implements Tunnel {
    private static int started; // each has a log of its own

    private final Host client;
    private final Host gateway;
    private final Program clientProgram;
    private final Program gatewayProgram;

    OpenVpn(BenchLab lab) {
        client = lab.client;
        gateway = lab.gateway;
        var clientPrint = certificate(lab.client);
        var gatewayPrint = certificate(lab.gateway);
        gatewayProgram =
                start(
                        lab.gateway,
                        clientPrint,
                        "--tls-server",
                        "--ifconfig",
                        "10.8.0.1",
                        "10.8.0.2");
        clientProgram =
                start(
                        lab.client,
                        gatewayPrint,
                        "--tls-client",
                        "--ifconfig",
                        "10.8.0.2",
                        "10.8.0.1",
                        "--remote",
                        BenchLab.GATEWAY,
                        "--route",
                        "10.77.0.0",
                        "255.255.255.0");
        Wait.until(
                "openvpn connects",
                Duration.ofSeconds(15),
                () -> clientProgram.logText().contains("Initialization Sequence Completed"));
    }

    /// Makes a key pair on `host` and returns the fingerprint of its certificate.
    private static String certificate(Host host) {
        var result =
                host.attempt(
                        "sh",
                        "-ec",
                        """
                        cd /run
                        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
                            -nodes -keyout vpn.key -out vpn.crt -days 2 -subj /CN=bench \
                            2>/dev/null
                        openssl x509 -in vpn.crt -noout -fingerprint -sha256
                        """);
        return result.out().strip().replaceFirst(".*=", "");
    }

    private static Program start(Host host, String peerPrint, String... role) {
        var command =
                new ArrayList<>(
                        List.of(
                                "openvpn",
                                "--dev",
                                "vpn0",
                                "--dev-type",
                                "tun",
                                "--proto",
                                "udp4",
                                "--port",
                                "1194",
                                "--topology",
                                "p2p",
                                "--cert",
                                "/run/vpn.crt",
                                "--key",
                                "/run/vpn.key",
                                "--peer-fingerprint",
                                peerPrint,
                                "--data-ciphers",
                                "AES-256-GCM",
                                "--cipher",
                                "AES-256-GCM",
                                "--dh",
                                "none",
                                "--tun-mtu",
                                "1280",
                                "--mssfix",
                                "0",
                                "--txqueuelen",
                                "10000",
                                "--sndbuf",
                                "4194304",
                                "--rcvbuf",
                                "4194304",
                                "--fast-io",
                                "--disable-dco"));
        command.addAll(List.of(role));
        return host.start("openvpn-" + ++started, Map.of(), command);
    }

    @Override
    public String name() {
        return "openvpn";
    }

    @Override
    public Host client() {
        return client;
    }

    @Override
    public Host gateway() {
        return gateway;
    }

    @Override
    public Optional<String> targetV6() {
        return Optional.empty();
    }

    @Override
    public List<Long> processIds() {
        return List.of(clientProgram.pid(), gatewayProgram.pid());
    }

    @Override
    public void close() {
        clientProgram.close();
        gatewayProgram.close();
    }
}
