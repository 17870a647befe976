package dev.gatehouse.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecialNetworksTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.255.0.1",
                "172.31.255.255",
                "192.168.0.1",
                "100.127.255.255",
                "fd00:2021:1111::1"
            })
    void addressesThatANetworkGivesToItsOwnHostsArePrivate(String address) {
        assertThat(SpecialNetworks.isPrivate(IpAddress.parse(address))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "11.0.0.0",
                "172.32.0.0",
                "192.169.0.1",
                "100.128.0.0",
                "127.0.0.1",
                "fe80::1",
                "::ffff:10.0.0.1"
            })
    void thoseBesideThemAreNotNorAreOtherSpecialOnes(String address) {
        assertThat(SpecialNetworks.isPrivate(IpAddress.parse(address))).isFalse();
    }
}
