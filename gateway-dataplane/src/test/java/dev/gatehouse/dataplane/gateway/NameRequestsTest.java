package dev.gatehouse.dataplane.gateway;

import static dev.gatehouse.dataplane.gateway.TestGateway.CLIENT;
import static dev.gatehouse.dataplane.gateway.TestGateway.RESOURCE;
import static dev.gatehouse.dataplane.gateway.TestGateway.SECOND_NS;
import static dev.gatehouse.dataplane.gateway.TestGateway.assignedIps;
import static dev.gatehouse.dataplane.gateway.TestGateway.dns;
import static dev.gatehouse.dataplane.gateway.TestGateway.ip;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.drop.DropReason;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.testkit.Packets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// Who asks for how many names, and whose turn it is: tunnel.md 6.3.
class NameRequestsTest {
    private static final List<String> PROXIES = List.of("100.96.0.1", "100.96.0.2");
    private static final GatewayLimits LIMITS = GatewayLimits.defaults();

    private TestGateway gateway = new TestGateway().authorize(dns(RESOURCE, "**.test"));
    private final List<GatewayEvent.ResolveName> underWay = new ArrayList<>();

    @Test
    void clientWithAThousandPendingNamesHoldsNobodyUp() {
        join("next");
        for (int i = 0; i < 1_000; i++) {
            ask(CLIENT, "n" + i);
        }
        assertThat(asked()).hasSize(LIMITS.resolutions().perClientMax());

        ask("next", "www");

        assertThat(asked()).singleElement().matches(name -> name.clientId().equals("next"));
    }

    @Test
    void hundredGreedyClientsLeaveLookUpsForTheNext() {
        for (int client = 0; client < 100; client++) {
            join("greedy" + client);
            for (int i = 0; i < 200; i++) {
                ask("greedy" + client, "n" + i);
            }
        }
        assertThat(asked().size()).isLessThan(LIMITS.resolutions().max() + 100);
        join("next");

        ask("next", "www");

        assertThat(asked()).singleElement().matches(name -> name.clientId().equals("next"));
    }

    /// Nobody answers until something is lost; each then gets one in turn.
    @Test
    void whoWaitsIsServedInTurn() {
        var small = new GatewayLimits.Resolutions(2, 4, 100, 10_000);
        gateway = new TestGateway(LIMITS.with(small)).authorize(dns(RESOURCE, "**.test"));
        for (int client = 0; client < 4; client++) {
            join("c" + client);
            for (int i = 0; i < 5; i++) {
                ask("c" + client, "n" + i);
            }
        }
        asked();

        for (int answered = 0; answered < 20; answered++) {
            answerOldest();
            asked();
        }

        assertThat(gateway.state.names()).isEqualTo(20);
        assertThat(gateway.dropped(DropReason.RESOLUTION_LOST)).isZero();
    }

    @Test
    void nameThatWaitsIsAskedForOnceHoweverOftenItIsRepeated() {
        for (int i = 0; i < 200; i++) {
            ask(CLIENT, "n" + i);
        }
        int before = asked().size();
        for (int repeated = 0; repeated < 5; repeated++) {
            ask(CLIENT, "n199");
        }
        while (!underWay.isEmpty()) {
            answerOldest();
            before += asked().size();
        }

        assertThat(before).isEqualTo(200);
        assertThat(gateway.state.names()).isEqualTo(200);
    }

    @Test
    void whatCannotWaitIsAnsweredAndWhatWaitsTooLongIsForgotten() {
        int most = LIMITS.resolutions().perClientMax() + LIMITS.resolutions().waitingPerClientMax();
        for (int i = 0; i < most; i++) {
            assertThat(ask(CLIENT, "n" + i)).isEmpty();
        }

        var excess = ask(CLIENT, "excess");

        assertThat(TestGateway.status(excess).active()).isFalse();
        assertThat(gateway.dropped(DropReason.RESOLUTIONS_FULL)).isEqualTo(1);
        asked();
        gateway.after(10);
        assertThat(gateway.dropped(DropReason.RESOLUTION_LOST))
                .isEqualTo(LIMITS.resolutions().waitingPerClientMax());
        gateway.after(6);
        assertThat(gateway.dropped(DropReason.RESOLUTION_LOST)).isEqualTo(most);
        assertThat(ask(CLIENT, "again")).isEmpty();
        assertThat(asked()).hasSize(1);
    }

    @Test
    void floodOfControlPacketsIsNotRead() {
        for (int i = 0; i < 30_000; i++) {
            ask(CLIENT, "n0");
        }

        assertThat(gateway.dropped(DropReason.CONTROL_TOO_OFTEN)).isEqualTo(24_000);
        gateway.nowNs += SECOND_NS;
        ask(CLIENT, "n1");
        assertThat(gateway.dropped(DropReason.CONTROL_TOO_OFTEN)).isEqualTo(24_000);
    }

    @Test
    void clientThatIsGoneLeavesNothingBehind() {
        join("gone");
        for (int i = 0; i < 500; i++) {
            ask("gone", "n" + i);
        }
        asked();

        gateway.state.removeClient("gone");
        gateway.after(1);

        while (!underWay.isEmpty()) {
            answerOldest();
        }
        assertThat(gateway.state.names()).isZero();
        for (int i = 0; i < 500; i++) {
            ask(CLIENT, "n" + i);
        }
        assertThat(asked()).hasSize(LIMITS.resolutions().perClientMax());
    }

    private void join(String client) {
        int number = gateway.state.clients() + 1;
        var authorization =
                new Authorization(
                        client,
                        ip("100.65.0." + number),
                        ip("fd00:2021:1111::1:" + number),
                        dns(RESOURCE, "**.test"),
                        OptionalLong.empty());
        assertThat(gateway.state.authorize(authorization, gateway.nowNs)).isTrue();
    }

    private List<TestGateway.Sent> ask(String client, String name) {
        gateway.clearSent();
        var packet = Packets.batch(assignedIps(RESOURCE, name + ".test", proxies(name)));
        gateway.state.handleFromPeer(client, packet, gateway, gateway.nowNs);
        return gateway.sent();
    }

    /// Others for each name, or the client would seem to count anew.
    private static List<String> proxies(String name) {
        if (!name.matches("n\\d+")) {
            return PROXIES;
        }
        int number = 1_000 + Integer.parseInt(name.substring(1));
        return List.of("100.97.%d.%d".formatted(number >> 8, number & 255));
    }

    private List<GatewayEvent.ResolveName> asked() {
        var asked = new ArrayList<GatewayEvent.ResolveName>();
        for (var event : gateway.events()) {
            if (event instanceof GatewayEvent.ResolveName name) {
                asked.add(name);
            }
        }
        underWay.addAll(asked);
        return asked;
    }

    private void answerOldest() {
        long id = underWay.removeFirst().requestId();
        var addresses = List.of(ip("10.0.0.1"));
        gateway.state.handleResolved(id, addresses, gateway, gateway.nowNs);
    }
}
