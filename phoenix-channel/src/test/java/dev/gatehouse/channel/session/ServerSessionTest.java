package dev.gatehouse.channel.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.NullNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.frame.Json;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ServerSessionTest {
    private final ServerSession server = new ServerSession(PeerRole.CLIENT, 0);
    private final ChannelSession peer =
            new ChannelSession(
                    "client",
                    NullNode.getInstance(),
                    ReconnectPolicy.unlimited(),
                    new SplittableRandom(1),
                    0);

    @Test
    void bothEndsUnderstandEachOther() {
        join();
        server.push("init", Json.object());
        exchange();
        peer.send("create_flow", Json.object());
        exchange();

        assertThat(peer.pollEvent()).isEqualTo(new ChannelEvent.Message("init", Json.object()));
        assertThat(server.pollEvent())
                .isInstanceOfSatisfying(
                        ServerEvent.Request.class,
                        request -> assertThat(request.frame().event()).isEqualTo("create_flow"));
    }

    @Test
    void repliesEchoTheReferenceAsANumberAndAnEmptyObject() {
        server.handleText(
                "{\"topic\":\"client\",\"event\":\"phx_join\",\"payload\":null,\"ref\":7}", 0);
        server.acceptJoin();

        assertThat(server.pollTransmit())
                .isEqualTo(
                        "{\"topic\":\"client\",\"event\":\"phx_reply\","
                                + "\"payload\":{\"status\":\"ok\",\"response\":{}},\"ref\":7}");
    }

    @Test
    void messagesBeforeTheJoinAndForOtherTopicsAreUnmatched() {
        server.handleText(
                "{\"topic\":\"client\",\"event\":\"create_flow\",\"payload\":{},\"ref\":0}", 0);
        server.handleText(
                "{\"topic\":\"gateway\",\"event\":\"phx_join\",\"payload\":null,\"ref\":1}", 0);

        assertThat(server.pollTransmit()).contains("unmatched topic");
        assertThat(server.pollTransmit()).contains("unmatched topic");
        assertThat(server.pollEvent()).isNull();
    }

    @Test
    void heartbeatsAreAnsweredAndKeepThePeer() {
        join();
        long later = Duration.ofSeconds(300).toNanos();
        server.handleText(
                "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":5}", later);

        assertThat(server.pollTransmit()).contains("\"topic\":\"phoenix\"").contains("\"ref\":5");
        server.handleTimeout(Duration.ofSeconds(308).toNanos());
        assertThat(server.pollEvent()).isNull();
        server.handleTimeout(server.pollTimeout());
        assertThat(server.pollEvent()).isInstanceOf(ServerEvent.HangUp.class);
    }

    @Test
    void aSecondJoinClosesTheOldChannelFirst() {
        join();
        server.handleText(
                "{\"topic\":\"client\",\"event\":\"phx_join\",\"payload\":null,\"ref\":9}", 0);

        assertThat(server.pollTransmit()).contains("phx_close");
        assertThat(server.pollEvent()).isInstanceOf(ServerEvent.JoinRequested.class);
    }

    @Test
    void aRevokedPeerStopsForGood() {
        join();
        server.revoke();
        exchange();

        assertThat(peer.pollEvent()).isInstanceOf(ChannelEvent.HangUp.class);
        assertThat(peer.pollEvent()).isInstanceOf(ChannelEvent.Fatal.class);
    }

    private void join() {
        peer.handleTimeout(0);
        peer.handleConnected(0);
        exchange();
        assertThat(server.pollEvent()).isInstanceOf(ServerEvent.JoinRequested.class);
        server.acceptJoin();
        exchange();
        assertThat(peer.pollEvent()).isEqualTo(new ChannelEvent.Dial());
        assertThat(peer.pollEvent()).isEqualTo(new ChannelEvent.Joined());
    }

    private void exchange() {
        for (var text = peer.pollTransmit(); text != null; text = peer.pollTransmit()) {
            server.handleText(text, 0);
        }
        for (var text = server.pollTransmit(); text != null; text = server.pollTransmit()) {
            peer.handleText(text, 0);
        }
    }
}
