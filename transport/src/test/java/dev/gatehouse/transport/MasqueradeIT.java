package dev.gatehouse.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("netns")
class MasqueradeIT {
    @Test
    void tableComesAndGoesAndOthersStay() throws Exception {
        var nft = Masquerade.findNft();
        assumeTrue(nft.isPresent(), "nft is not installed");
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("nft", "add table inet other");
                    try (var masquerade =
                            new Masquerade(nft.get(), "gatehouse", List.of("tun-a"))) {
                        masquerade.install();
                        masquerade.install();

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
        var nft = Masquerade.findNft();
        assumeTrue(nft.isPresent(), "nft is not installed");
        NetworkNamespace.run(
                () -> {
                    var names = List.of("tun-a", "tun-a-1");
                    try (var masquerade = new Masquerade(nft.get(), "gatehouse", names)) {
                        masquerade.install();

                        assertThat(NetworkNamespace.exec("nft", "list ruleset"))
                                .contains("oifname != { \"tun-a\", \"tun-a-1\" } masquerade");
                    }
                });
    }

    @Test
    void chainsThatDropForwardedPacketsAreNamed() throws Exception {
        var nft = Masquerade.findNft();
        assumeTrue(nft.isPresent(), "nft is not installed");
        NetworkNamespace.run(
                () -> {
                    NetworkNamespace.exec("nft", "add table inet fw");
                    NetworkNamespace.exec(
                            "nft",
                            "add chain inet fw f { type filter hook forward priority 0;"
                                    + " policy drop; }");
                    try (var masquerade =
                            new Masquerade(nft.get(), "gatehouse", List.of("tun-a"))) {
                        assertThat(masquerade.blockingForwardChains()).hasSize(1);
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
