package dev.gatehouse.channel.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.NullNode;
import dev.gatehouse.channel.frame.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChannelSessionTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final ChannelSession session =
            new ChannelSession(
                    "gateway",
                    NullNode.getInstance(),
                    ReconnectPolicy.daemon(),
                    new SplittableRandom(1),
                    0);

    @Test
    void sendsOneJoinAndNothingElseUntilItIsAcknowledged() {
        connect(0);
        session.send("flow_authorized", Json.object().put("ref", "a"));

        assertThat(transmits())
                .containsExactly(
                        "{\"topic\":\"gateway\",\"event\":\"phx_join\","
                                + "\"payload\":null,\"ref\":0}");

        session.handleText(reply("gateway", 0, "ok", "{}"), 1);
        assertThat(events()).containsExactly(new ChannelEvent.Joined());
        assertThat(transmits())
                .containsExactly(
                        "{\"topic\":\"gateway\",\"event\":\"flow_authorized\","
                                + "\"payload\":{\"ref\":\"a\"},\"ref\":1}");
    }

    @Test
    void heartbeatsEveryTenSecondsWhateverElseIsSent() {
        join(0);
        session.send("no_relays", Json.object());
        transmits();

        session.handleTimeout(10 * SECOND);

        assertThat(transmits())
                .containsExactly(
                        "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":2}");
        assertThat(session.pollTimeout()).isEqualTo(20 * SECOND);
    }

    @Test
    void messageThatMustArriveIsFollowedByAHeartbeat() {
        join(0);

        session.sendSurely("candidates", Json.object(), SECOND);

        assertThat(transmits())
                .containsExactly(
                        "{\"topic\":\"gateway\",\"event\":\"candidates\","
                                + "\"payload\":{},\"ref\":1}",
                        "{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":2}");
    }

    @Test
    void answersToWhatNobodyAskedAreNotAnsweredByHeartbeats() {
        join(0);
        session.sendSurely("candidates", Json.object(), SECOND);
        transmits();

        for (int i = 0; i < 1_000; i++) {
            session.handleText(reply("phoenix", 1_000_000 + i, "ok", "{}"), SECOND);
        }

        assertThat(transmits()).isEmpty();
    }

    @Test
    void aPortalThatForgetsTheJoinAgainAndAgainIsDialledAnew() {
        join(0);
        int joins = 0;
        for (int i = 1; i <= 100; i++) {
            session.handleText(
                    reply("gateway", 99, "error", "{\"reason\":\"unmatched topic\"}"), SECOND);
            joins += transmits().size();
            session.handleText(reply("gateway", i, "ok", "{}"), SECOND);
        }

        assertThat(joins).isEqualTo(10);
        assertThat(events())
                .anyMatch(
                        e ->
                                e instanceof ChannelEvent.Disconnected gone
                                        && gone.reason().contains("again and again"));
    }

    @Test
    void aPortalThatDoesNotReadIsDialledAnew() {
        join(0);

        session.handleStalled(SECOND);

        assertThat(events())
                .contains(new ChannelEvent.HangUp())
                .anyMatch(e -> e instanceof ChannelEvent.Disconnected);
        assertThat(session.isJoined()).isFalse();
    }

    @Test
    void messageThatMayHaveBeenLostIsSentAgainAfterTheNextJoin() {
        join(0);
        session.sendSurely("arrived", Json.object(), SECOND);
        session.handleText(reply("phoenix", 2, "ok", "{}"), SECOND);
        session.sendSurely("lost", Json.object(), 2 * SECOND);
        session.sendSurely("lost too", Json.object(), 2 * SECOND);
        session.handleClosed("reset", 3 * SECOND);
        session.handleTimeout(10 * SECOND);
        transmits();
        events();

        session.handleConnected(11 * SECOND);
        session.handleText(reply("gateway", 0, "ok", "{}"), 11 * SECOND);
        var again = transmits();
        session.handleText(reply("phoenix", 2, "ok", "{}"), 12 * SECOND);
        session.handleText(reply("phoenix", 4, "ok", "{}"), 12 * SECOND);
        session.handleClosed("reset", 13 * SECOND);
        session.handleTimeout(20 * SECOND);
        session.handleConnected(21 * SECOND);
        session.handleText(reply("gateway", 0, "ok", "{}"), 21 * SECOND);

        assertThat(again).filteredOn(t -> t.contains("arrived")).isEmpty();
        assertThat(again).filteredOn(t -> t.contains("\"lost")).hasSize(2);
        assertThat(transmits()).filteredOn(t -> t.contains("lost")).isEmpty();
    }

    @Test
    void portalThatDoesNotConfirmInTimeIsDialledAgain() {
        join(0);
        session.sendSurely("candidates", Json.object(), SECOND);

        assertThat(session.pollTimeout()).isEqualTo(5 * SECOND);
        session.handleTimeout(5 * SECOND);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
        assertThat(session.isJoined()).isFalse();
    }

    @Test
    void fourUnansweredHeartbeatsMeanReconnecting() {
        join(0);
        for (int i = 1; i <= 4; i++) {
            session.handleTimeout(i * 10 * SECOND);
        }
        assertThat(events()).isEmpty();

        session.handleTimeout(50 * SECOND);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
        assertThat(session.isJoined()).isFalse();
    }

    @Test
    void answeredHeartbeatsKeepTheChannelUp() {
        join(0);
        for (int i = 1; i <= 20; i++) {
            session.handleTimeout(i * 10 * SECOND);
            session.handleText(reply("phoenix", i, "ok", "{}"), i * 10 * SECOND + 1);
        }

        assertThat(session.isJoined()).isTrue();
        assertThat(events()).isEmpty();
    }

    @Test
    void anUnacknowledgedJoinIsGivenUpAfterFiveSeconds() {
        connect(0);

        assertThat(session.pollTimeout()).isEqualTo(5 * SECOND);
        session.handleTimeout(5 * SECOND);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
        assertThat(session.pollTimeout()).isEqualTo(6 * SECOND);
    }

    @Test
    void anAttemptIsGivenUpAfterFifteenSeconds() {
        session.handleTimeout(0);
        events();

        session.handleTimeout(15 * SECOND);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
    }

    @Test
    void onlyHttp401IsFatal() {
        for (int status : List.of(400, 402, 403, 404, 409, 422, 429, 500, 503)) {
            session.handleTimeout(session.pollTimeout());
            session.handleRefused(status, OptionalLong.empty(), 0);
            assertThat(session.pollTimeout()).isNotEqualTo(ChannelSession.NEVER);
        }
        session.handleTimeout(session.pollTimeout());
        events();
        session.handleRefused(401, OptionalLong.empty(), 0);

        assertThat(events()).hasExactlyElementsOfTypes(ChannelEvent.Fatal.class);
        assertThat(session.pollTimeout()).isEqualTo(ChannelSession.NEVER);
    }

    @Test
    void retryAfterOverridesTheBackoff() {
        session.handleTimeout(0);
        session.handleRefused(503, OptionalLong.of(7 * SECOND), 0);

        assertThat(session.pollTimeout()).isEqualTo(7 * SECOND);
    }

    @Test
    void retriesEverySecondAtFirstAndThenLessAndLess() {
        long nowNs = 0;
        var waits = new ArrayList<Long>();
        for (int i = 0; i < 40; i++) {
            session.handleTimeout(nowNs);
            session.handleClosed("refused", nowNs);
            waits.add(session.pollTimeout() - nowNs);
            nowNs = session.pollTimeout();
        }

        assertThat(waits.subList(0, 15)).containsOnly(SECOND);
        assertThat(waits.getLast()).isBetween(30 * SECOND, 60 * SECOND);
    }

    @Test
    void afterAJoinTheFirstRetryIsSoon() {
        join(0);
        session.handleClosed("gone", 100 * SECOND);

        assertThat(session.pollTimeout() - 100 * SECOND).isBetween(SECOND / 4, SECOND);
    }

    @Test
    void anOutageBeyondTheBudgetIsFatal() {
        join(0);
        session.handleClosed("gone", SECOND);
        events();
        session.handleTimeout(2 * SECOND);
        session.handleClosed("gone", Duration.ofHours(25).toNanos());

        assertThat(events()).last().isInstanceOf(ChannelEvent.Fatal.class);
    }

    @Test
    void disconnectIsFatalOnlyForTheReasonItKnows() {
        join(0);
        session.handleText(push("disconnect", "{\"reason\":\"certificate_revoked\"}"), 1);
        assertThat(session.isJoined()).isTrue();

        session.handleText(push("disconnect", "{\"reason\":\"token_expired\"}"), 2);

        assertThat(events())
                .hasExactlyElementsOfTypes(ChannelEvent.HangUp.class, ChannelEvent.Fatal.class);
    }

    @Test
    void joinsAgainWhenThePortalForgotTheJoin() {
        join(0);
        session.send("no_relays", Json.object());
        session.handleText(
                reply("gateway", 1, "error", "{\"reason\":\"unmatched topic\"}"), SECOND);

        assertThat(transmits()).last().asString().contains("phx_join");
        session.handleText(reply("gateway", 2, "ok", "{}"), SECOND);
        assertThat(session.isJoined()).isTrue();
    }

    @Test
    void toleratesAnErrorACrashAndNonsense() {
        join(0);
        session.handleText(push("phx_error", "{}"), 1);
        session.handleText("{\"topic\":1}", 1);
        session.handleText("nonsense", 1);
        session.handleText(reply("gateway", 9, "error", "{\"reason\":\"unknown_message\"}"), 1);

        assertThat(session.isJoined()).isTrue();
        assertThat(events()).containsExactly(new ChannelEvent.RequestRefused("unknown_message"));
    }

    @Test
    void textThatEndsEarlyMeansReconnecting() {
        join(0);
        session.handleText("{\"topic\":\"gateway\",", 1);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
    }

    @Test
    void aClosedChannelMeansReconnecting() {
        join(0);
        session.handleText(push("phx_close", "{}"), 1);

        assertThat(events()).first().isEqualTo(new ChannelEvent.HangUp());
    }

    @Test
    void messagesWhileOfflineAreDropped() {
        assertThat(session.send("no_relays", Json.object())).isFalse();
        assertThat(session.dropped()).isEqualTo(1);
    }

    @Test
    void reconnectDialsAtOnceAndGivesUpAnAttemptThatIsRunning() {
        join(0);
        session.reconnect(SECOND);

        assertThat(events())
                .hasExactlyElementsOfTypes(
                        ChannelEvent.HangUp.class,
                        ChannelEvent.Disconnected.class,
                        ChannelEvent.Dial.class);
        session.reconnect(SECOND);
        assertThat(events())
                .as("that attempt names the public key of before")
                .containsExactly(new ChannelEvent.HangUp(), new ChannelEvent.Dial());
        session.handleConnected(SECOND);
        assertThat(transmits()).hasSize(1);
    }

    @Test
    void refsBeginAtZeroOnEachConnection() {
        join(0);
        session.reconnect(SECOND);
        session.handleConnected(SECOND);

        assertThat(transmits()).last().asString().endsWith("\"ref\":0}");
    }

    private void connect(long nowNs) {
        session.handleTimeout(nowNs);
        assertThat(events()).containsExactly(new ChannelEvent.Dial());
        session.handleConnected(nowNs);
    }

    private void join(long nowNs) {
        connect(nowNs);
        session.handleText(reply("gateway", 0, "ok", "{}"), nowNs);
        events();
        transmits();
    }

    private List<String> transmits() {
        var all = new ArrayList<String>();
        for (var text = session.pollTransmit(); text != null; text = session.pollTransmit()) {
            all.add(text);
        }
        return all;
    }

    private List<ChannelEvent> events() {
        var all = new ArrayList<ChannelEvent>();
        for (var event = session.pollEvent(); event != null; event = session.pollEvent()) {
            all.add(event);
        }
        return all;
    }

    private static String reply(String topic, long ref, String status, String response) {
        var payload = "{\"status\":\"%s\",\"response\":%s}".formatted(status, response);
        return """
                {"topic":"%s","event":"phx_reply","payload":%s,"ref":%d}"""
                .formatted(topic, payload, ref);
    }

    private static String push(String event, String payload) {
        return """
                {"topic":"gateway","event":"%s","payload":%s,"ref":null}"""
                .formatted(event, payload);
    }
}
