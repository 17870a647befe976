package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.OTHER_RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.name.NameTargets;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a name of a resource may stand for.
class NameTargetsTest {
    private static final List<String> PROXIES = List.of("100.96.0.1", "fd00:2021:1111:8000::1");
    private static final String NAME = "wiki.corp.test";

    private final TestGateway gateway = new TestGateway();
    private int port = 1_000; // a flow keeps the address that it began with

    @BeforeEach
    void authorize() {
        gateway.authorize(dns(RESOURCE, "*.corp.test"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.0.0.0",
                "127.0.0.1",
                "224.0.0.1",
                "255.255.255.255",
                "100.64.0.1",
                "100.95.0.1",
                "100.96.0.1",
                "100.100.111.1",
                "::",
                "::1",
                "ff02::1",
                "fd00:2021:1111::1",
                "fd00:2021:1111:8000::1",
                "fd00:2021:1111:8000:100:100:111:1"
            })
    void nothingLeadsToTheGatewayOrToNoHost(String address) {
        gateway.authorize(cidr(OTHER_RESOURCE, address.contains(":") ? "::/0" : "0.0.0.0/0"));
        gateway.state.allowNameTargets(List.of(IpNetwork.parse(address)));

        assertThat(isReached(address)).isFalse();
        assertThat(gateway.dropped(DropReason.NAME_TARGET_REFUSED)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0.1.2.3",
                "169.254.169.254",
                "169.254.0.1",
                "240.0.0.1",
                "168.63.129.16",
                "192.0.0.192",
                "fe80::1",
                "fd00:ec2::254",
                "::10.0.0.1",
                "::ffff:10.0.0.1",
                "::ffff:8.8.8.8",
                "64:ff9b::10.0.0.1",
                "64:ff9b::169.254.169.254",
                "64:ff9b::127.0.0.1",
                "64:ff9b::192.168.7.7",
                "64:ff9b::100.64.0.1",
                "2002:0a00:0001::1",
                "2002:a9fe:a9fe::",
                "64:ff9b:1::10.0.0.1",
                "64:ff9b:1:a9fe:a9:fe00::",
                "64:ff9b:1:ffa9:fe:a9fe::",
                "64:ff9b:1:fffe:a9:fea9:fe00:0",
                "2001:0:4136:e378:8000:63bf:f5ff:fffe"
            })
    void whatIsTheHostsNeedsAResourceOrASetting(String address) {
        assertThat(isReached(address)).isFalse();
        assertThat(gateway.dropped(DropReason.NAME_TARGET_REFUSED)).isEqualTo(1);

        gateway.authorize(cidr(OTHER_RESOURCE, IpNetwork.parse(address).toString()));
        assertThat(isReached(address)).isTrue();

        gateway.state.reject(CLIENT, OTHER_RESOURCE);
        assertThat(isReached(address)).isFalse();
        gateway.state.allowNameTargets(List.of(IpNetwork.parse(address)));
        assertThat(isReached(address)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.3",
                "172.16.0.1",
                "192.168.1.1",
                "8.8.8.8",
                "192.0.0.1",
                "168.63.129.17",
                "169.253.0.1",
                "fd00::3",
                "fc00::1",
                "fd00:2021:1112::1",
                "2001:db8::1",
                "64:ff9b::8.8.8.8",
                "64:ff9b:1::8.8.8.8",
                "2002:0808:0808::1",
                "2a00:1450::1"
            })
    void whatResourcesAreForIsReached(String address) {
        assertThat(isReached(address)).isTrue();
        assertThat(gateway.dropped(DropReason.NAME_TARGET_REFUSED)).isZero();
    }

    /// As a name without addresses: set up, and packets are answered with "network unreachable".
    @Test
    void aNameWithoutUsableAddressIsSetUpAndUnreachable() {
        assertThat(gateway.assign(NAME, PROXIES, "169.254.169.254").active()).isTrue();

        var sent = gateway.fromClient(packet("100.96.0.1"));

        assertThat(sent).extracting(TestGateway.Sent::client).containsExactly(CLIENT);
        assertThat(sent.getFirst().packet().icmpType()).isEqualTo(3);
        assertThat(sent.getFirst().packet().icmpCode()).isZero();
        assertThat(gateway.dropped(DropReason.NAME_WITHOUT_ADDRESS)).isEqualTo(1);
    }

    @Test
    void goodAddressesBesideBadOnesAreUsed() {
        gateway.assign(NAME, PROXIES, "169.254.169.254", "10.0.0.3", "127.0.0.1");

        var sent = gateway.fromClient(packet("100.96.0.1")).getFirst();

        assertThat(sent.packet().destination()).isEqualTo(IpAddress.parse("10.0.0.3"));
        assertThat(gateway.dropped(DropReason.NAME_TARGET_REFUSED)).isEqualTo(2);
    }

    @Test
    void ofTooManyAddressesSomeAreUsed() {
        var many =
                IntStream.range(0, 4_000).mapToObj(i -> "10.1.%d.%d".formatted(i / 256, i % 256));

        gateway.assign(NAME, PROXIES, many.toArray(String[]::new));

        var mapping = gateway.state.snapshot().mappings().getFirst();
        assertThat(mapping.resolved()).hasSizeBetween(16, NameTargets.ADDRESSES_MAX);
        assertThat(gateway.dropped(DropReason.NAME_TARGET_REFUSED))
                .isEqualTo(4_000 - NameTargets.ADDRESSES_MAX);
    }

    private boolean isReached(String address) {
        gateway.assign(NAME, PROXIES, address);
        gateway.events();
        boolean v4 = IpAddress.parse(address).isV4();
        var sent = gateway.fromClient(packet(PROXIES.get(v4 ? 0 : 1)));
        return sent.size() == 1 && sent.getFirst().client().isEmpty();
    }

    private byte[] packet(String proxy) {
        var to = new Endpoint(IpAddress.parse(proxy), port++);
        var from = to.address().isV4() ? CLIENT_V4 : TestGateway.CLIENT_V6;
        return Packets.udp(new Endpoint(from, port), to, new byte[8]);
    }
}
