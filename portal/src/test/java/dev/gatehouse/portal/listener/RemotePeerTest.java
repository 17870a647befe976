package dev.gatehouse.portal.listener;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.policy.Location;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RemotePeerTest {
    private static final List<IpNetwork> NETWORKS =
            List.of(IpNetwork.parse("10.0.0.0/8"), IpNetwork.parse("fd00::/8"));

    @Test
    void aStrangersHeadersAreNotRead() {
        var peer = of("192.0.2.7", 16, true, "203.0.113.5");

        assertThat(peer.address()).hasToString("192.0.2.7");
        assertThat(peer.location()).isEqualTo(Location.UNKNOWN);
    }

    /// The client is in the proxies' network, and sends an entry of its own.
    @Test
    void whatTheClientWroteBeforeTheProxysEntryIsNotBelieved() {
        assertThat(of("10.0.0.1", 1, false, "198.51.100.1, 10.5.5.5").address())
                .hasToString("10.5.5.5");
        assertThat(of("10.0.0.1", 1, false, "198.51.100.1", "10.5.5.5").address())
                .hasToString("10.5.5.5");
    }

    @Test
    void ofTwoProxiesInARowTheFirstOnesEntryCounts() {
        assertThat(of("10.0.0.1", 2, false, "198.51.100.1, 203.0.113.5, 10.0.0.2").address())
                .hasToString("203.0.113.5");
        assertThat(of("10.0.0.1", 2, false, "198.51.100.1, 203.0.113.5").address())
                .hasToString("203.0.113.5");
    }

    @Test
    void countriesAreBelievedOnlyOfProxiesThatSetThem() {
        assertThat(of("10.0.0.1", 1, false, "203.0.113.5").location()).isEqualTo(Location.UNKNOWN);
        assertThat(of("10.0.0.1", 1, true, "203.0.113.5").location().region())
                .isEqualTo(Optional.of("DE"));
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.5, 203.0.113.5",
        "203.0.113.5:4711, 203.0.113.5",
        "2001:db8::5, 2001:db8::5",
        "[2001:db8::5], 2001:db8::5",
        "[2001:db8::5]:4711, 2001:db8::5",
        "::ffff:203.0.113.5, 203.0.113.5",
        "fe80::5%eth0, fe80::5",
        "unknown, 10.0.0.1",
        "203.0.113.5:4711:9, 10.0.0.1",
        "[], 10.0.0.1",
        "'', 10.0.0.1",
    })
    void anEntryMayHaveAPort(String entry, String address) {
        assertThat(of("10.0.0.1", 1, false, entry).address().toString())
                .isEqualTo(dev.gatehouse.wire.IpAddress.parse(address).toString());
    }

    @Test
    void aProxyWithoutAnEntryIsThePeer() {
        assertThat(of("fd00::1", 1, false).address())
                .isEqualTo(dev.gatehouse.wire.IpAddress.parse("fd00::1"));
    }

    private static RemotePeer of(String socket, int hops, boolean places, String... forwarded) {
        var headers =
                MultiMap.caseInsensitiveMultiMap()
                        .add("X-Geo-Location-Region", "KP")
                        .add("X-Geo-Location-Region", "DE");
        for (String entry : forwarded) {
            headers.add("X-Forwarded-For", entry);
        }
        return RemotePeer.of(socket, headers, new RemotePeer.Proxies(NETWORKS, hops, places));
    }
}
