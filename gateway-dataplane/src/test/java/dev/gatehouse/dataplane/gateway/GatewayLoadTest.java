package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.assignedIps;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.testkit.Packets;
import dev.gatehouse.tunnel.P2pControl;
import dev.gatehouse.tunnel.P2pEvent;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What honest clients do at the most meets no limit: every name becomes active, every packet
/// passes, no counter moves. The gateway has half a gigabyte, which is the least that it is given.
class GatewayLoadTest implements GatewayOutput {
    private static final int CLIENTS = 1_000;
    private static final int RESOURCES = 100;
    private static final int NAMES_PER_RESOURCE = 10;
    private static final int MANY_NAMES = 5_000;
    private static final int FLOWS = 200; // that a browser opens at once
    private static final long HEAP_BYTES = 512 << 20;
    private static final String V6_PROXIES = "fd00:2021:1111:8000::%x:%x";
    private static final int FIRST_CLIENT = ip("100.65.0.0").asInt();
    private static final IpAddress PROXY = ip("100.96.0.1");
    private static final List<IpAddress> REAL = List.of(ip("10.0.0.1"), ip("fd77::1"));

    /// Resources whose names a client uses at a time. All at once would be a million names, for
    /// which a gateway needs 7 GiB.
    private static final int RESOURCES_IN_USE = 2;

    private final GatewayState state =
            new GatewayState(GatewayLimits.ofShard(HEAP_BYTES, 1), 0, 4711);
    private static final List<IpAddress> V6 =
            IntStream.range(0, CLIENTS)
                    .mapToObj(i -> ip("fd00:2021:1111::1:%x".formatted(i)))
                    .toList();

    private final PacketBatch batch = PacketBatch.allocate(2_048, 1);
    private final List<String> clientIds =
            IntStream.range(0, CLIENTS).mapToObj(GatewayLoadTest::clientId).toList();
    private long nowNs;
    private int active;
    private int inactive;
    private int toTun;

    @Test
    void thousandClientsWithAHundredResourcesMeetNoLimit() {
        state.setInterface(ip("100.64.0.1"), ip("fd00:2021:1111::1"));
        authorizeAll();

        for (int client = 0; client < CLIENTS; client++) {
            for (int resource = 0; resource < RESOURCES_IN_USE; resource++) {
                for (int name = 0; name < NAMES_PER_RESOURCE; name++) {
                    assign(client, resource, resource * NAMES_PER_RESOURCE + name);
                }
            }
            answerAll();
        }

        int names = CLIENTS * RESOURCES_IN_USE * NAMES_PER_RESOURCE;
        assertThat(active).isEqualTo(names);
        assertThat(state.names()).isEqualTo(names);
        openFlows(100);
        assertNothingRefused();
    }

    /// A portal or gateway that was started again: everything is authorized anew and all names are
    /// set up again, within a moment.
    @Test
    void thousandClientsThatComeBackAtOnceMeetNoLimit() {
        state.setInterface(ip("100.64.0.1"), ip("fd00:2021:1111::1"));
        for (int round = 0; round < 2; round++) {
            authorizeAll();
            active = 0;
            for (int name = 0; name < NAMES_PER_RESOURCE; name++) {
                for (int client = 0; client < CLIENTS; client++) {
                    assign(client, 0, name);
                }
            }

            answerAll();

            assertThat(active).isEqualTo(CLIENTS * NAMES_PER_RESOURCE);
        }
        assertThat(state.names()).isEqualTo(CLIENTS * NAMES_PER_RESOURCE);
        openFlows(FLOWS);
        assertNothingRefused();
    }

    /// It sets all of them up at once when it is authorized, as clients do.
    @Test
    void clientWithFiveThousandNamesMeetsNoLimit() {
        state.setInterface(ip("100.64.0.1"), ip("fd00:2021:1111::1"));
        authorize(0, resource(0));
        for (int name = 0; name < MANY_NAMES; name++) {
            assign(0, 0, name);
        }

        answerAll();

        assertThat(active).isEqualTo(MANY_NAMES);
        assertThat(state.names()).isEqualTo(MANY_NAMES);
        for (int name = 0; name < MANY_NAMES; name++) {
            send(0, ip(proxies(name).getFirst()), 40_000);
        }
        assertThat(toTun).isEqualTo(MANY_NAMES);
        assertNothingRefused();
    }

    private void authorizeAll() {
        for (int resource = 0; resource < RESOURCES; resource++) {
            var spec = resource(resource);
            for (int client = 0; client < CLIENTS; client++) {
                authorize(client, spec);
            }
        }
    }

    private static ResourceSpec resource(int i) {
        return dns(resourceId(i), "**.r%d.test".formatted(i));
    }

    private void authorize(int client, ResourceSpec spec) {
        boolean done =
                state.authorize(
                        new Authorization(
                                clientIds.get(client),
                                v4(client),
                                V6.get(client),
                                spec,
                                OptionalLong.empty()),
                        nowNs);
        assertThat(done).isTrue();
    }

    private static String clientId(int client) {
        return "8f1d3c0e-5a53-4c63-9d57-%012x".formatted(client);
    }

    private static String resourceId(int resource) {
        return "8f1d3c0e-5a53-4c63-9d58-%012x".formatted(resource);
    }

    private static IpAddress v4(int client) {
        return IpAddress.v4(FIRST_CLIENT + client);
    }

    private static List<String> proxies(int name) {
        var proxies = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            proxies.add(IpAddress.v4(ip("100.96.0.1").asInt() + 4 * name + i).toString());
            proxies.add(V6_PROXIES.formatted(4 * name + i >> 16, 4 * name + i & 0xFFFF));
        }
        return proxies;
    }

    private void assign(int client, int resource, int name) {
        String domain = "n%d.r%d.test".formatted(name, resource);
        byte[] packet = assignedIps(resourceId(resource), domain, proxies(name));
        fromClient(client, packet);
    }

    /// Each look-up takes a moment, in which others are asked.
    private void answerAll() {
        for (var event = state.pollEvent(); event != null; event = state.pollEvent()) {
            if (event instanceof GatewayEvent.ResolveName ask) {
                nowNs += 100_000;
                state.handleResolved(ask.requestId(), REAL, this, nowNs);
            }
        }
    }

    private void openFlows(int each) {
        toTun = 0;
        for (int client = 0; client < CLIENTS; client++) {
            for (int flow = 0; flow < each; flow++) {
                send(client, PROXY, 40_000 + flow);
            }
        }
        assertThat(toTun).isEqualTo(CLIENTS * each);
    }

    private void send(int client, IpAddress proxy, int port) {
        byte[] packet =
                Packets.udp(new Endpoint(v4(client), port), new Endpoint(proxy, 443), new byte[9]);
        fromClient(client, packet);
    }

    private void fromClient(int client, byte[] packet) {
        batch.clear();
        batch.buffer().put(PacketBatch.HEADROOM_LENGTH, packet);
        batch.add(PacketBatch.HEADROOM_LENGTH, packet.length, 0);
        state.handleFromPeer(clientIds.get(client), batch, this, nowNs);
    }

    private void assertNothingRefused() {
        assertThat(inactive).isZero();
        for (var reason : DropReason.values()) {
            assertThat(state.drops().get(reason)).as(reason.name()).isZero();
        }
    }

    @Override
    public void toTun(PacketBatch packets, int index) {
        toTun++;
    }

    @Override
    public void toPeer(String clientId, PacketBatch packets, int index) {
        var packet = new IpPacket();
        packet.parse(packets.buffer(), packets.offset(index), packets.length(index));
        if (P2pControl.decode(packet) instanceof P2pEvent.DomainStatus status && status.active()) {
            active++;
        } else {
            inactive++;
        }
    }
}
