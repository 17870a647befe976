package dev.gatehouse.dataplane.handover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.dataplane.gateway.GatewayEvent;
import dev.gatehouse.dataplane.gateway.GatewayOutput;
import dev.gatehouse.dataplane.gateway.GatewaySnapshot;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.dataplane.snapshot.SnapshotParts;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aeads;
import dev.gatehouse.wireguard.key.KeyPair;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// What a client does to be reported costs the same however much there is of it, and fits into
/// messages of a bounded length.
class ReportComplexityTest {
    private static final String CLIENT = "8f1d3c0e-5a53-4c63-9d57-000000000001";
    private static final String NAMES = "8f1d3c0e-5a53-4c63-9d57-100000000001";
    private static final IpAddress REAL = IpAddress.parse("10.0.0.9");
    private static final int FEW = 500;
    private static final int REPORTS = 100;
    private static final long STEP_NS = 100_000_000;

    private static final GatewayOutput NOWHERE =
            new GatewayOutput() {
                @Override
                public void toTun(PacketBatch packets, int index) {}

                @Override
                public void toPeer(String clientId, PacketBatch packets, int index) {}
            };

    private static final EventFeed.Consumer CONSUMER =
            new EventFeed.Consumer() {
                @Override
                public void wake() {}

                @Override
                public void replaced() {}
            };

    private final EventFeed feed = new EventFeed(1, 10_000, 1);
    private final EventReporter reporter = new EventReporter(0, feed);
    private GatewayState gateway;
    private ShardState state;
    private long nowNs;

    @Test
    void reportOfANameCostsTheSameHoweverManyThereAre() {
        newNames(open(FEW), FEW); // loads classes

        double few = newNames(open(FEW), FEW);
        double many = newNames(open(8 * FEW), 8 * FEW);

        assertThat(many / few).isLessThan(2);
    }

    private static double newNames(ReportComplexityTest opened, int from) {
        return AllocatedBytes.of(REPORTS, i -> opened.reportName(from + i));
    }

    private void reportName(int i) {
        assign(i);
        var told = report();
        assertThat(told).hasSize(1);
        assertThat(told.getFirst().getDelta().getChanged().getDnsMappingsCount()).isEqualTo(1);
        assertThat(told.getFirst().getDelta().getChanged().getAuthorizationsCount()).isZero();
    }

    @Test
    void sameAnswerAgainIsNotReported() {
        var opened = open(FEW);

        opened.assign(1);

        assertThat(opened.report()).isEmpty();
    }

    @Test
    void grantOfAnotherResourceTellsNoNames() {
        var opened = open(FEW);
        var network =
                new ResourceSpec.Cidr("other", "net", IpNetwork.parse("10.0.0.0/8"), List.of());

        opened.authorize(network);

        var changed = opened.report().getFirst().getDelta().getChanged();
        assertThat(changed.getAuthorizationsCount()).isEqualTo(1);
        assertThat(changed.getDnsMappingsCount()).isZero();
    }

    @Test
    void clientWithManyNamesIsToldInMessagesOfABoundedLength() {
        int names = 8 * FEW;
        var opened = open(names);

        opened.authorize(names());

        var told = opened.report();
        int mappings = 0;
        for (var event : told) {
            assertThat(event.getSerializedSize()).isLessThan(2 * SnapshotParts.PART_BYTES_MAX);
            mappings += event.getDelta().getChanged().getDnsMappingsCount();
        }
        assertThat(mappings).isEqualTo(names);
    }

    private static ReportComplexityTest open(int names) {
        var opened = new ReportComplexityTest();
        opened.begin(names);
        return opened;
    }

    private void begin(int names) {
        var random = new SplittableRandom(7);
        var keys = KeyPair.generate(random);
        var aead = Aeads.open("jdk").orElseThrow();
        var node = new Node(NodeConfig.gateway(keys, aead, 0), random);
        gateway = new GatewayState(GatewayLimits.defaults(), 0, 1);
        gateway.restore(predecessor(names), 0);
        state = new ShardState(NodeCodec.encode(keys), 52_625, node, gateway);
        feed.subscribe(CONSUMER);
        reporter.sendSnapshot(state.takeChanges(nowNs), ShardStatus.STARTING);
        gateway.tellNatAgain();
        report();
    }

    private static ResourceSpec names() {
        var any = DomainPattern.parse("**").orElseThrow();
        return new ResourceSpec.Dns(NAMES, "names", any, List.of());
    }

    private static Authorization authorization(ResourceSpec resource) {
        return new Authorization(
                CLIENT,
                IpAddress.parse("100.64.0.9"),
                IpAddress.parse("fd00:2021:1111::9"),
                resource,
                OptionalLong.empty());
    }

    private static GatewaySnapshot predecessor(int names) {
        var mappings = new ArrayList<DnsMapping>();
        for (int i = 0; i < names; i++) {
            var entry = new DnsMapping.Entry(proxy(i), Optional.of(REAL));
            var entries = List.of(entry);
            mappings.add(new DnsMapping(CLIENT, NAMES, name(i), entries, List.of(REAL)));
        }
        var tunnel =
                new GatewaySnapshot.Interface(
                        IpAddress.parse("100.64.0.1"), IpAddress.parse("fd00:2021:1111::1"));
        return new GatewaySnapshot(
                Optional.of(tunnel), List.of(authorization(names())), mappings, List.of());
    }

    private static String name(int i) {
        return i + ".example.com";
    }

    private static IpAddress proxy(int i) {
        return IpAddress.v4(IpAddress.parse("100.96.0.1").asInt() + i);
    }

    private void authorize(ResourceSpec resource) {
        assertThat(gateway.authorize(authorization(resource), nowNs)).isTrue();
    }

    private void assign(int i) {
        var buffer = ByteBuffer.allocate(IpPacket.LENGTH_MAX);
        var request = new P2pEvent.AssignedIps(NAMES, name(i), List.of(proxy(i)));
        int length = P2pControl.encode(request, buffer, 0);
        var packet = Packets.batch(Arrays.copyOf(buffer.array(), length));
        gateway.handleFromPeer(CLIENT, packet, NOWHERE, nowNs);
        for (var event = gateway.pollEvent(); event != null; event = gateway.pollEvent()) {
            if (event instanceof GatewayEvent.ResolveName ask) {
                gateway.handleResolved(ask.requestId(), List.of(REAL), NOWHERE, nowNs);
            }
        }
    }

    private List<Event> report() {
        reporter.touch(nowNs);
        nowNs += STEP_NS;
        reporter.handleTimeout(nowNs, () -> state.takeChanges(nowNs), ShardStatus.STARTING);
        var told = new ArrayList<Event>();
        for (var next = feed.poll(CONSUMER); next.isPresent(); next = feed.poll(CONSUMER)) {
            told.add(next.get());
        }
        return told.stream().filter(Event::hasDelta).toList();
    }
}
