package dev.gatehouse.transport.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gatehouse.transport.NetworkNamespace;
import dev.gatehouse.transport.process.Capabilities;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class MasqueradeIT {
    private static Nft nft() {
        var found = Nft.find();
        assumeTrue(found.isPresent(), "nft is not installed");
        return new Nft(found.orElseThrow());
    }

    @Test
    void tableComesAndGoesAndOthersStay() throws Exception {
        var nft = nft();
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("nft", "add table inet other");
                    try (var masquerade = new Masquerade(nft, "gatehouse", List.of("tun-a"))) {
                        masquerade.install(Masquerade.Host.ALONE);
                        masquerade.install(Masquerade.Host.ALONE);

                        assertThat(NetworkNamespace.exec("nft", "list ruleset"))
                                .contains(
                                        "table inet other",
                                        "ip saddr 100.64.0.0/11 oifname != \"tun-a\" masquerade",
                                        "fd00:2021:1111::/107");
                    }
                    assertThat(NetworkNamespace.exec("nft", "list ruleset"))
                            .contains("table inet other")
                            .doesNotContain("gatehouse");
                });
    }

    @Test
    void whatGoesBetweenInterfacesOfTheTunnelIsLeftAlone() throws Exception {
        var nft = nft();
        NetworkNamespace.run(
                () -> {
                    var names = List.of("tun-a", "tun-a-1");
                    try (var masquerade = new Masquerade(nft, "gatehouse", names)) {
                        masquerade.install(Masquerade.Host.ALONE);

                        assertThat(NetworkNamespace.exec("nft", "list ruleset"))
                                .contains("oifname != { \"tun-a\", \"tun-a-1\" } masquerade");
                    }
                });
    }

    @Test
    void addressesOfTheTunnelComeByTunnelsAlone() throws Exception {
        var nft = nft();
        NetworkNamespace.run(
                () -> {
                    var own =
                            List.of(
                                    IpAddress.parse("100.64.0.1"),
                                    IpAddress.parse("fd00:2021:1111::1"));
                    var host = new Masquerade.Host(own, Set.of("tun-b"), List.of());
                    try (var masquerade = new Masquerade(nft, "gatehouse", List.of("tun-a"))) {
                        masquerade.install(host);

                        var rules = NetworkNamespace.exec("nft", "-s", "list ruleset");
                        var tunnels = "iifname != { \"tun-a\", \"tun-b\" } ";
                        var local = "iifname != { \"lo\", \"tun-a\", \"tun-b\" } ";
                        assertThat(rules)
                                .contains(
                                        tunnels + "ip saddr 100.64.0.0/11 counter drop",
                                        tunnels + "ip6 saddr fd00:2021:1111::/107 counter drop",
                                        local + "ip saddr 100.64.0.1 counter drop",
                                        local + "ip daddr 100.64.0.1 counter drop",
                                        local + "ip6 saddr fd00:2021:1111::1 counter drop",
                                        local + "ip6 daddr fd00:2021:1111::1 counter drop");
                        var all = rules.lines().filter(line -> line.matches(".*(drop|rade)$"));
                        assertThat(masquerade.ruleCount(host)).isEqualTo((int) all.count());
                    }
                });
    }

    @Test
    void clientOnTheSameHostHasAStandIn() throws Exception {
        var nft = nft();
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("ip", "tuntap", "add", "tun-a", "mode", "tun");
                    var clients =
                            List.of(
                                    IpAddress.parse("100.64.0.5"),
                                    IpAddress.parse("fd00:2021:1111::5"));
                    var host = new Masquerade.Host(List.of(), Set.of("tun-b"), clients);
                    try (var masquerade = new Masquerade(nft, "gatehouse", List.of("tun-a"))) {
                        masquerade.install(host);

                        assertThat(NetworkNamespace.exec("nft", "list table netdev gatehouse"))
                                .contains(
                                        "ip saddr 100.64.0.5 ip saddr set 100.95.255.254",
                                        "ip daddr 100.95.255.254 ip daddr set 100.64.0.5",
                                        "ip6 saddr fd00:2021:1111::5 ip6 saddr set"
                                                + " fd00:2021:1111::1f:fffd");
                        assertThat(masquerade.ruleCount(host)).isEqualTo(8);

                        masquerade.install(Masquerade.Host.ALONE);

                        assertThat(NetworkNamespace.exec("nft", "list ruleset"))
                                .doesNotContain("netdev");
                    }
                });
    }

    @Test
    void droppedCapabilitiesAreGone() throws Exception {
        NetworkNamespace.run(
                () -> {
                    Capabilities.keepOnly(java.util.EnumSet.of(Capabilities.Capability.NET_ADMIN));

                    assertThat(Capabilities.mask("CapEff:")).isEqualTo(1L << 12);
                    assertThat(Capabilities.has(Capabilities.Capability.MKNOD)).isFalse();
                    var program = NetworkNamespace.exec("grep", "CapEff", "/proc/self/status");
                    assertThat(program).contains("0000000000001000");
                });
    }
}
