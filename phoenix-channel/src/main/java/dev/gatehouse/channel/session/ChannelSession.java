package dev.gatehouse.channel.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.frame.Frame;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.wire.TokenBucket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// A peer's end of the portal channel, portal-channel.md sections 1.7, 2 and 9.2. Sans-IO.
///
/// Transitions: Waiting → Dialing → Joining → Joined; each of the last three → Waiting on a failure
/// (or Dialing, on [#reconnect]); Joined → Joining when the portal forgot the join; any → Stopped.
///
/// The first attempt is due at once: the shell calls [#handleTimeout] to begin.
public final class ChannelSession {
    public static final long NEVER = Long.MAX_VALUE;

    private static final long DIAL_LIMIT_NS = Duration.ofSeconds(15).toNanos();
    private static final long JOIN_LIMIT_NS = Duration.ofSeconds(5).toNanos();
    private static final long HEARTBEAT_INTERVAL_NS = Duration.ofSeconds(10).toNanos();
    private static final int UNANSWERED_HEARTBEATS_MAX = 3;
    private static final long REJOIN_INTERVAL_NS = Duration.ofSeconds(10).toNanos();
    private static final int REJOINS_BURST = 10;
    private static final int QUEUE_MAX = 32;
    private static final int UNAUTHORIZED = 401;
    private static final String UNMATCHED_TOPIC = "unmatched topic";
    private static final String TOKEN_EXPIRED = "token_expired";

    private sealed interface State {
        record Waiting(long untilNs) implements State {}

        record Dialing(long deadlineNs) implements State {}

        record Joining(long ref, long deadlineNs) implements State {}

        record Joined() implements State {}

        record Stopped() implements State {}
    }

    private record Outgoing(String event, JsonNode payload) {}

    private final String topic;
    private final JsonNode joinPayload;
    private final Backoff backoff;
    private final Queue<Outgoing> held = new ArrayDeque<>(); // while a join is outstanding
    private final Queue<String> transmits = new ArrayDeque<>();
    private final Queue<ChannelEvent> events = new ArrayDeque<>();
    private final TreeSet<Long> unansweredHeartbeats = new TreeSet<>();
    private final Confirmations<Outgoing> confirmations = new Confirmations<>();
    private final TokenBucket rejoins = TokenBucket.every(REJOIN_INTERVAL_NS, REJOINS_BURST);
    private State state;
    private long nextRef;
    private long heartbeatAtNs = NEVER;
    private long dropped;

    public ChannelSession(
            String topic,
            JsonNode joinPayload,
            ReconnectPolicy policy,
            RandomGenerator random,
            long nowNs) {
        this.topic = topic;
        this.joinPayload = joinPayload;
        this.backoff = new Backoff(policy, random);
        this.state = new State.Waiting(nowNs);
    }

    /// The WebSocket upgrade succeeded.
    public void handleConnected(long nowNs) {
        if (state instanceof State.Dialing) {
            nextRef = 0;
            unansweredHeartbeats.clear();
            heartbeatAtNs = nowNs + HEARTBEAT_INTERVAL_NS;
            join(nowNs);
        }
    }

    /// The portal answered the upgrade with another status than 101.
    ///
    /// @param retryAfterNs what its Retry-After header asks for
    public void handleRefused(int status, OptionalLong retryAfterNs, long nowNs) {
        if (!(state instanceof State.Dialing)) {
            return;
        }
        if (status == UNAUTHORIZED) {
            fail(
                    "the portal refused the token (HTTP 401): it is unknown there, expired,"
                            + " or of another kind of peer; make one for this peer, and set"
                            + " FIREZONE_TOKEN");
        } else {
            retry("the portal answered HTTP " + status, retryAfterNs, nowNs);
        }
    }

    /// The portal's certificate cannot be trusted: trying again would not help.
    public void handleUntrusted(String reason, long nowNs) {
        if (state instanceof State.Dialing) {
            fail("the portal's certificate is not trusted: " + reason);
        }
    }

    /// The attempt failed, or the socket ended.
    public void handleClosed(String reason, long nowNs) {
        switch (state) {
            case State.Dialing _, State.Joining _, State.Joined _ ->
                    retry(reason, OptionalLong.empty(), nowNs);
            case State.Waiting _, State.Stopped _ -> {}
        }
    }

    /// A text frame came in.
    public void handleText(String text, long nowNs) {
        if (!(state instanceof State.Joining || state instanceof State.Joined)) {
            return;
        }
        switch (Frame.decode(text)) {
            case Frame frame -> handleFrame(frame, nowNs);
            case Frame.Rejected.ENDS_EARLY ->
                    hangUpAndRetry("the portal sent text that ends early", nowNs);
            case Frame.Rejected.MALFORMED -> {}
        }
    }

    private void handleFrame(Frame frame, long nowNs) {
        if (frame.topic().equals(Frame.PHOENIX_TOPIC)) {
            frame.refNumber().ifPresent(ref -> handleHeartbeatAnswer(ref, nowNs));
        } else if (frame.topic().equals(topic)) {
            handleChannelFrame(frame, nowNs);
        }
    }

    private void handleHeartbeatAnswer(long ref, long nowNs) {
        if (!unansweredHeartbeats.remove(ref)) {
            return; // or each would be answered by another heartbeat
        }
        confirmations.handleAnswer(ref);
        askForConfirmation(nowNs);
    }

    private void handleChannelFrame(Frame frame, long nowNs) {
        switch (frame.event()) {
            case Frame.REPLY -> handleReply(frame, nowNs);
            case Frame.CLOSE -> hangUpAndRetry("the portal closed the channel", nowNs);
            case Frame.ERROR -> {} // the next message is answered with `unmatched topic`
            case Frame.DISCONNECT -> handleDisconnect(frame);
            default -> events.add(new ChannelEvent.Message(frame.event(), frame.payload()));
        }
    }

    private void handleDisconnect(Frame frame) {
        if (TOKEN_EXPIRED.equals(frame.payload().path("reason").asText())) {
            events.add(new ChannelEvent.HangUp());
            fail("the portal says that the token is no longer valid");
        }
    }

    private void handleReply(Frame frame, long nowNs) {
        boolean ok = "ok".equals(frame.payload().path("status").asText());
        var reason = frame.payload().path("response").path("reason").asText("unknown");
        if (state instanceof State.Joining(long ref, _)) {
            if (frame.refNumber().equals(OptionalLong.of(ref))) {
                handleJoinReply(ok, reason, nowNs);
            }
        } else if (!ok && reason.equals(UNMATCHED_TOPIC)) {
            joinAgain(nowNs);
        } else if (!ok) {
            events.add(new ChannelEvent.RequestRefused(reason));
        }
    }

    private void joinAgain(long nowNs) {
        if (rejoins.take(nowNs)) {
            join(nowNs);
        } else {
            hangUpAndRetry("the portal forgets the join again and again", nowNs);
        }
    }

    /// The portal does not take what it is sent.
    public void handleStalled(long nowNs) {
        if (state instanceof State.Joining || state instanceof State.Joined) {
            hangUpAndRetry("the portal does not read", nowNs);
        }
    }

    private void handleJoinReply(boolean ok, String reason, long nowNs) {
        if (!ok) {
            hangUpAndRetry("the portal refused the join: " + reason, nowNs);
            return;
        }
        state = new State.Joined();
        backoff.handleJoined();
        events.add(new ChannelEvent.Joined());
        for (var message : confirmations.takeAll()) {
            sendSurely(message.event(), message.payload(), nowNs);
        }
        for (var message = held.poll(); message != null; message = held.poll()) {
            transmit(topic, message.event(), message.payload());
        }
    }

    /// Sends a message, or holds it while a join is outstanding (one equal to a held one only once;
    /// the oldest makes room).
    ///
    /// @return false if it was dropped because there is no connection
    public boolean send(String event, JsonNode payload) {
        switch (state) {
            case State.Joined _ -> transmit(topic, event, payload);
            case State.Joining _ -> hold(new Outgoing(event, payload));
            case State.Waiting _, State.Dialing _, State.Stopped _ -> {
                dropped++;
                return false;
            }
        }
        return true;
    }

    /// Like [#send], and again after the next join unless it is certain that the portal has it. A
    /// heartbeat follows at once; if it stays unanswered for 4 s, the connection is given up: a
    /// message of this kind is sent when something has changed on the way to the portal, too.
    ///
    /// @return false if it was dropped because there is no connection
    public boolean sendSurely(String event, JsonNode payload, long nowNs) {
        if (!(state instanceof State.Joined)) {
            return send(event, payload);
        }
        confirmations.add(transmit(topic, event, payload), new Outgoing(event, payload));
        askForConfirmation(nowNs);
        return true;
    }

    private void askForConfirmation(long nowNs) {
        if (!confirmations.isEmpty() && !confirmations.isAsked()) {
            sendHeartbeat();
            confirmations.handleAsked(nowNs);
        }
    }

    private void hold(Outgoing message) {
        if (held.contains(message)) {
            return;
        }
        if (held.size() == QUEUE_MAX) {
            held.remove();
            dropped++;
        }
        held.add(message);
    }

    /// Connects again at once, with a fresh back-off. An attempt that is running is given up: it
    /// asks with the public key of the time when it began.
    public void reconnect(long nowNs) {
        reconnect("connecting again on request", nowNs);
    }

    /// @param reason told with [ChannelEvent.Disconnected]
    public void reconnect(String reason, long nowNs) {
        if (state instanceof State.Stopped) {
            return;
        }
        boolean wasDialing = state instanceof State.Dialing;
        events.add(new ChannelEvent.HangUp());
        backoff.reset();
        disconnect(new State.Waiting(nowNs));
        if (!wasDialing) {
            events.add(new ChannelEvent.Disconnected(reason, 0));
        }
        handleTimeout(nowNs);
    }

    /// Ends the session with a close frame.
    public void stop() {
        if (!(state instanceof State.Stopped)) {
            events.add(new ChannelEvent.HangUp());
            disconnect(new State.Stopped());
        }
    }

    public void handleTimeout(long nowNs) {
        switch (state) {
            case State.Waiting(long untilNs) when nowNs >= untilNs -> {
                state = new State.Dialing(nowNs + DIAL_LIMIT_NS);
                events.add(new ChannelEvent.Dial());
            }
            case State.Dialing(long deadlineNs) when nowNs >= deadlineNs ->
                    hangUpAndRetry("connecting took longer than 15 s", nowNs);
            case State.Joining(_, long deadlineNs) when nowNs >= deadlineNs ->
                    hangUpAndRetry("the portal did not acknowledge the join within 5 s", nowNs);
            case State.Waiting _, State.Dialing _, State.Stopped _ -> {}
            case State.Joining _, State.Joined _ -> heartbeat(nowNs);
        }
    }

    private void heartbeat(long nowNs) {
        if (nowNs >= confirmations.deadlineNs()) {
            hangUpAndRetry("the portal does not answer", nowNs);
            return;
        }
        if (nowNs < heartbeatAtNs) {
            return;
        }
        if (unansweredHeartbeats.size() > UNANSWERED_HEARTBEATS_MAX) {
            hangUpAndRetry("the portal does not answer heartbeats", nowNs);
            return;
        }
        heartbeatAtNs = nowNs + HEARTBEAT_INTERVAL_NS;
        sendHeartbeat();
    }

    private void sendHeartbeat() {
        unansweredHeartbeats.add(transmit(Frame.PHOENIX_TOPIC, Frame.HEARTBEAT, Json.object()));
    }

    /// Returns one text frame to send, or null.
    public String pollTransmit() {
        return transmits.poll();
    }

    /// Returns null when there is none.
    public ChannelEvent pollEvent() {
        return events.poll();
    }

    /// The next `nowNs` at which [#handleTimeout] has work, or [#NEVER].
    public long pollTimeout() {
        return switch (state) {
            case State.Waiting(long untilNs) -> untilNs;
            case State.Dialing(long deadlineNs) -> deadlineNs;
            case State.Joining(_, long deadlineNs) ->
                    Math.min(Math.min(deadlineNs, heartbeatAtNs), confirmations.deadlineNs());
            case State.Joined _ -> Math.min(heartbeatAtNs, confirmations.deadlineNs());
            case State.Stopped _ -> NEVER;
        };
    }

    public boolean isJoined() {
        return state instanceof State.Joined;
    }

    /// Messages lost since the start because there was no connection or no room.
    public long dropped() {
        return dropped;
    }

    private void join(long nowNs) {
        long ref = transmit(topic, Frame.JOIN, joinPayload);
        state = new State.Joining(ref, nowNs + JOIN_LIMIT_NS);
    }

    private long transmit(String topic, String event, JsonNode payload) {
        long ref = nextRef++;
        transmits.add(Frame.request(topic, event, payload, ref).encode());
        return ref;
    }

    private void hangUpAndRetry(String reason, long nowNs) {
        events.add(new ChannelEvent.HangUp());
        retry(reason, OptionalLong.empty(), nowNs);
    }

    private void retry(String reason, OptionalLong retryAfterNs, long nowNs) {
        var delayNs = backoff.next(nowNs);
        if (delayNs.isEmpty()) {
            fail("gave up reaching the portal: " + reason);
            return;
        }
        long waitNs = retryAfterNs.orElse(delayNs.getAsLong());
        disconnect(new State.Waiting(nowNs + waitNs));
        events.add(new ChannelEvent.Disconnected(reason, waitNs));
    }

    private void fail(String reason) {
        disconnect(new State.Stopped());
        events.add(new ChannelEvent.Fatal(reason));
    }

    private void disconnect(State next) {
        state = next;
        transmits.clear();
        held.clear();
        confirmations.handleDisconnected();
        heartbeatAtNs = NEVER;
    }
}
