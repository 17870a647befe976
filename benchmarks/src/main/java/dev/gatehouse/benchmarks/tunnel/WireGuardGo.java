package dev.gatehouse.benchmarks.tunnel;

import dev.gatehouse.demo.Host;
import dev.gatehouse.demo.Program;
import dev.gatehouse.demo.Shell;
import dev.gatehouse.demo.Wait;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// `wireguard-go` at both ends, MTU 1280.
final class WireGuardGo implements Tunnel {
    private final String name;
    private final Host client;
    private final Host gateway;
    private final Program clientProgram;
    private final Program gatewayProgram;

    /// @param binary path of the program to race
    WireGuardGo(BenchLab lab, String name, String binary) {
        this.name = name;
        client = lab.client;
        gateway = lab.gateway;
        clientProgram = start(lab.client, binary);
        gatewayProgram = start(lab.gateway, binary);
        var clientKey = Shell.run("wg", "genkey").strip();
        var gatewayKey = Shell.run("wg", "genkey").strip();
        configure(lab.client, clientKey, gatewayKey, BenchLab.GATEWAY, "0.0.0.0/0,::/0");
        configure(lab.gateway, gatewayKey, clientKey, BenchLab.CLIENT, "10.9.0.2/32,fd09::2/128");
        address(lab.client, "2");
        address(lab.gateway, "1");
        lab.client.run("ip", "route", "add", "10.77.0.0/24", "dev", "wg0");
        lab.client.run("ip", "route", "add", "fd77::/64", "dev", "wg0");
    }

    private static Program start(Host host, String binary) {
        var program =
                host.start(
                        "wireguard-go",
                        Map.of("WG_PROCESS_FOREGROUND", "1", "LOG_LEVEL", "error"),
                        List.of(binary, "-f", "wg0"));
        Wait.until(
                "wireguard-go makes its device",
                Duration.ofSeconds(5),
                () -> host.runFolder().resolve("wireguard/wg0.sock").toFile().exists());
        return program;
    }

    private static void configure(
            Host host, String key, String peerKey, String peer, String allowed) {
        var peerPublic = Shell.feed(peerKey, "wg", "pubkey").strip();
        var result =
                host.attempt(
                        "sh",
                        "-ec",
                        """
                        echo '%s' > /run/key
                        wg set wg0 listen-port 51820 private-key /run/key \
                            peer %s endpoint %s:51820 allowed-ips %s
                        """
                                .formatted(key, peerPublic, peer, allowed));
        if (!result.isOk()) {
            throw new IllegalStateException("wg set: " + result.err());
        }
    }

    private static void address(Host host, String number) {
        host.run("ip", "addr", "add", "10.9.0." + number + "/24", "dev", "wg0");
        host.run("ip", "addr", "add", "fd09::" + number + "/64", "dev", "wg0", "nodad");
        host.run("ip", "link", "set", "wg0", "mtu", "1280", "up");
    }

    @Override
    public String name() {
        return name;
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
    public List<Long> processIds() {
        return List.of(clientProgram.pid(), gatewayProgram.pid());
    }

    @Override
    public void close() {
        clientProgram.close();
        gatewayProgram.close();
    }
}
