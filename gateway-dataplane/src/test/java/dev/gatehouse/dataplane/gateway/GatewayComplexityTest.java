package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT_V4;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.assignedIps;
import static dev.gatehouse.dataplane.gateway.TestGateway.cidr;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.nat.NatShared;
import dev.gatehouse.dataplane.gateway.nat.NatTable;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.testkit.TimeGrowth;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpProtocol;
import dev.gatehouse.wire.PrefixTable;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

/// What a client or the control plane sends costs the same however much there is already: of each
/// kind the cost of one is taken where there are n and where there are 8n.
class GatewayComplexityTest {
    private static final int FACTOR = 8;
    private static final int STEPS = 50;
    private static final IpAddress REAL = IpAddress.parse("10.0.0.1");

    /// Of caches and of chance; what is not constant costs eight times as much.
    private static final double TIME_RATIO_MAX = 4;

    private static final double BYTES_RATIO_MAX = 2;

    @Test
    void flowFindsAPortHoweverManyAreTaken() {
        assertConstantTime(
                3_000,
                n -> {
                    var table = table();
                    for (int id = 1; id <= n; id++) {
                        table.create(IpProtocol.UDP, id, proxy(1), REAL, 0);
                    }
                    return id -> {
                        var made = table.create(IpProtocol.UDP, id + 1, proxy(2), REAL, 0);
                        assertThat(made).isNotNull();
                    };
                });
    }

    /// Ports and addresses that were together in a hash without a seed.
    @Test
    void chosenFlowsDoNotFallTogether() {
        assertConstantTime(
                250,
                n -> {
                    var table = table();
                    for (int i = 0; i < n; i++) {
                        table.create(IpProtocol.UDP, 65_000 - 31 * i, proxy(i), REAL, 0);
                    }
                    return i ->
                            assertThat(
                                            table.findInside(
                                                    IpProtocol.UDP,
                                                    65_000 - 31 * (i % n),
                                                    0,
                                                    proxy(i % n).low()))
                                    .isNotNull();
                });
    }

    /// Addresses whose products with the golden ratio lie side by side.
    @Test
    void chosenProxiesDoNotFallTogether() {
        assertConstantTime(
                1_000,
                n -> {
                    var table = new PrefixTable<Integer>(7);
                    var chosen = neighbours(n);
                    chosen.forEach(address -> table.put(IpNetwork.host(address), 1));
                    return i ->
                            assertThat(table.longestMatch(chosen.get(n - 1 - i % n))).isNotNull();
                });
    }

    private static List<IpAddress> neighbours(int n) {
        var chosen = new ArrayList<IpAddress>();
        for (long low = ip("100.96.0.0").low(); chosen.size() < n; low++) {
            if ((low * 0x9E3779B97F4A7C15L >>> 40 & 0x7FFF) < 2_000) {
                chosen.add(IpAddress.v4((int) low));
            }
        }
        return chosen;
    }

    @Test
    void removalFromATableOfNetworksDoesNotMakeItAnew() {
        assertConstantBytes(
                1_000,
                n -> {
                    var table = new PrefixTable<Integer>();
                    for (int i = 0; i < n; i++) {
                        table.put(IpNetwork.host(proxy(i)), i);
                    }
                    return i -> {
                        table.remove(IpNetwork.host(proxy(i)));
                        table.put(IpNetwork.host(proxy(i)), i);
                    };
                });
    }

    @Test
    void nameIsSetUpHoweverManyThereAre() {
        assertConstantBytes(
                500,
                n -> {
                    var gateway = new TestGateway().authorize(dns(RESOURCE, "*.test"));
                    for (int i = 0; i < n; i++) {
                        gateway.assign(i + ".test", proxies(i), "10.0.0.1");
                        gateway.events();
                    }
                    return i -> {
                        gateway.assign((n + i) + ".test", proxies(n + i), "10.0.0.1");
                        gateway.events();
                        gateway.after(1);
                    };
                });
    }

    /// Its length: labels of the name, and addresses.
    @Test
    void requestForANameIsLinear() {
        request(2);

        double ratio = request(2 * FACTOR) / (double) request(2);

        assertThat(ratio).isLessThan(FACTOR * 1.25);
    }

    private static long request(int length) {
        var gateway = new TestGateway().authorize(dns(RESOURCE, "**.a.**.test"));
        var addresses = new ArrayList<String>();
        for (int i = 0; i < length; i++) {
            addresses.add(proxy(i + 1).toString());
        }
        byte[] packet = assignedIps(RESOURCE, "a.".repeat(6 * length) + "test", addresses);
        return AllocatedBytes.of(
                200,
                _ -> {
                    gateway.fromClient(packet.clone());
                    gateway.events();
                });
    }

    @Test
    void nameWaitsHoweverManyWait() {
        assertConstantBytes(
                400,
                n -> {
                    var gateway = new TestGateway().authorize(dns(RESOURCE, "*.test"));
                    for (int i = 0; i < n; i++) {
                        gateway.fromClient(assignedIps(RESOURCE, i + ".test", proxies(i)));
                    }
                    gateway.events();
                    return i -> {
                        String name = (n + i) + ".test";
                        var sent = gateway.fromClient(assignedIps(RESOURCE, name, proxies(i)));
                        assertThat(sent).isEmpty();
                    };
                });
    }

    @Test
    void resourceIsGivenAndTakenHoweverManyThereAre() {
        assertConstantBytes(
                500,
                n -> {
                    var gateway = new TestGateway();
                    for (int i = 0; i < n; i++) {
                        gateway.authorize(network(i));
                    }
                    return i -> {
                        gateway.authorize(network(i));
                        gateway.state.reject(CLIENT, network(i).id());
                        gateway.authorize(network(i));
                    };
                });
    }

    @Test
    void clientComesAndGoesHoweverManyThereAre() {
        assertConstantBytes(
                500,
                n -> {
                    var gateway = new TestGateway();
                    for (int i = 0; i < n; i++) {
                        gateway.state.authorize(client(i), 0);
                    }
                    return i -> {
                        gateway.state.removeClient("c" + i);
                        gateway.state.authorize(client(i), 0);
                    };
                });
    }

    @Test
    void resourceWithManyNamesIsGivenAgainAtTheSameCost() {
        assertConstantBytes(
                500,
                n -> {
                    var gateway = new TestGateway().authorize(dns(RESOURCE, "*.test"));
                    for (int i = 0; i < n; i++) {
                        gateway.assign(i + ".test", proxies(i), "10.0.0.1");
                        gateway.events();
                    }
                    return _ -> gateway.authorize(dns(RESOURCE, "*.test"));
                });
    }

    @Test
    void reconciliationIsLinear() {
        double ratio = reconcile(8 * 200) / (double) reconcile(200);

        assertThat(ratio).isLessThan(FACTOR * 1.25);
    }

    private static long reconcile(int n) {
        var gateway = new TestGateway();
        var listed = new ArrayList<Authorization.Listed>();
        for (int i = 0; i < n; i++) {
            gateway.authorize(network(i));
            gateway.state.authorize(client(i), 0);
            if (i % 2 == 0) {
                String id = network(i).id();
                listed.add(new Authorization.Listed(CLIENT, id, OptionalLong.empty()));
                listed.add(new Authorization.Listed("c" + i, "r1", OptionalLong.empty()));
            }
        }
        return AllocatedBytes.of(1, _ -> gateway.state.reconcile(listed));
    }

    /// A flood of packets that are refused makes only so many errors.
    @Test
    void refusedPacketsMakeABoundedNumberOfErrors() {
        var gateway = new TestGateway().authorize(network(1));
        var from = new Endpoint(CLIENT_V4, 4000);
        byte[] packet = Packets.udp(from, Endpoint.parse("192.0.2.1:80"), new byte[10]);
        int errors = 0;
        for (int i = 0; i < 10_000; i++) {
            errors += gateway.fromClient(packet.clone()).size();
        }
        assertThat(errors).isBetween(1_000, 2_500);
        assertThat(gateway.dropped(DropReason.NO_RESOURCE)).isEqualTo(10_000);
        assertThat(gateway.dropped(DropReason.ICMP_ERRORS_LIMITED)).isEqualTo(10_000L - errors);

        gateway.after(1);

        assertThat(gateway.fromClient(packet)).hasSize(1);
    }

    private static NatTable table() {
        return new NatTable("client", new NatShared(GatewayLimits.defaults().nat(), 11));
    }

    private static IpAddress proxy(int i) {
        return IpAddress.v4(ip("100.96.0.0").asInt() + i);
    }

    private static List<String> proxies(int i) {
        return List.of(proxy(2 * i + 1).toString(), proxy(2 * i + 2).toString());
    }

    private static ResourceSpec network(int i) {
        return cidr("r" + i, "10.%d.%d.0/24".formatted(i >> 8, i & 255));
    }

    private static Authorization client(int i) {
        return new Authorization(
                "c" + i,
                ip("100.65.%d.%d".formatted(i >> 8, i & 255)),
                ip("fd00:2021:1111::1:%x".formatted(i)),
                network(1),
                OptionalLong.empty());
    }

    /// @param setUp makes what there is before, and returns what is measured, with a number that
    ///     counts up
    private static void assertConstantBytes(int n, IntFunction<IntConsumer> setUp) {
        bytes(n, setUp); // loads classes

        double ratio = bytes(FACTOR * n, setUp) / bytes(n, setUp);

        assertThat(ratio)
                .as("bytes with %d and with %d", n, FACTOR * n)
                .isLessThan(BYTES_RATIO_MAX);
    }

    /// Of one step; there are enough for what makes tables grow to be spread over them.
    private static double bytes(int n, IntFunction<IntConsumer> setUp) {
        var step = setUp.apply(n);
        return AllocatedBytes.of(n / 2, step) / (n / 2.0);
    }

    private static void assertConstantTime(int n, IntFunction<IntConsumer> setUp) {
        double ratio = TimeGrowth.of(n, FACTOR * n, STEPS, setUp);

        assertThat(ratio).as("time with %d and with %d", n, FACTOR * n).isLessThan(TIME_RATIO_MAX);
    }
}
