package dev.gatehouse.channel.session;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.frame.Frame;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;

/// The portal's end of one peer's channel, portal-channel.md section 2: answers heartbeats, guards
/// the join, keeps the order of pushes, drops silent peers. Sans-IO; one per WebSocket.
///
/// Transitions: Open → Joining (a join came) → Joined (accepted) or Open (refused); Joined →
/// Joining on a second join; any → Closed.
public final class ServerSession {
    public static final long NEVER = Long.MAX_VALUE;

    private sealed interface State {
        record Open() implements State {}

        record Joining(Frame join) implements State {}

        record Joined() implements State {}

        record Closed() implements State {}
    }

    private final String topic;
    private final long idleLimitNs;
    private final Queue<String> transmits = new ArrayDeque<>();
    private final Queue<ServerEvent> events = new ArrayDeque<>();
    private State state = new State.Open();
    private long idleAtNs;

    public ServerSession(PeerRole role, long nowNs) {
        this.topic = role.topic();
        this.idleLimitNs = idleLimit(role).toNanos();
        this.idleAtNs = nowNs + idleLimitNs;
    }

    /// Older clients are silent for 30 s and may sleep; the limits are those of portal-channel.md
    /// 1.1.
    private static Duration idleLimit(PeerRole role) {
        return switch (role) {
            case GATEWAY -> Duration.ofSeconds(37);
            case CLIENT -> Duration.ofSeconds(307);
            case RELAY -> Duration.ofSeconds(41);
        };
    }

    public void handleText(String text, long nowNs) {
        if (state instanceof State.Closed) {
            return;
        }
        idleAtNs = nowNs + idleLimitNs;
        switch (Frame.decode(text)) {
            case Frame frame -> handleFrame(frame);
            case Frame.Rejected rejected -> hangUp("undecodable text: " + rejected);
        }
    }

    private void handleFrame(Frame frame) {
        if (frame.is(Frame.PHOENIX_TOPIC, Frame.HEARTBEAT)) {
            transmit(frame.replyOk());
        } else if (frame.is(topic, Frame.JOIN)) {
            handleJoin(frame);
        } else if (frame.topic().equals(topic) && state instanceof State.Joined) {
            events.add(new ServerEvent.Request(frame));
        } else {
            transmit(frame.replyError("unmatched topic"));
        }
    }

    private void handleJoin(Frame join) {
        if (state instanceof State.Joined) {
            transmit(Frame.close(topic));
        }
        state = new State.Joining(join);
        events.add(new ServerEvent.JoinRequested(join.payload()));
    }

    /// Acknowledges the outstanding join; pushes may follow.
    public void acceptJoin() {
        if (state instanceof State.Joining(var join)) {
            transmit(join.replyOk());
            state = new State.Joined();
        }
    }

    /// Answers the outstanding join with an error, which peers take for a reason to come back
    /// later.
    public void refuseJoin(String reason) {
        if (state instanceof State.Joining(var join)) {
            transmit(join.replyError(reason));
            state = new State.Open();
        }
    }

    /// Pushes in the order of the calls; dropped before the join and after the end.
    ///
    /// @return false if it was dropped
    public boolean push(String event, JsonNode payload) {
        if (!(state instanceof State.Joined)) {
            return false;
        }
        transmit(Frame.push(topic, event, payload));
        return true;
    }

    /// Sends [Frame#replyOk] or [Frame#replyError] of a request.
    public void reply(Frame reply) {
        if (!(state instanceof State.Closed)) {
            transmit(reply);
        }
    }

    /// Ends the channel in an orderly way: the peer reconnects.
    public void close(String reason) {
        if (!(state instanceof State.Closed)) {
            transmit(Frame.close(topic));
            hangUp(reason);
        }
    }

    /// Ends the channel because the token is no longer valid: the peer stops.
    public void revoke() {
        if (!(state instanceof State.Closed)) {
            transmit(Frame.tokenExpired(topic));
            hangUp("token revoked");
        }
    }

    public void handleTimeout(long nowNs) {
        if (nowNs >= pollTimeout()) {
            hangUp("silent for too long");
        }
    }

    /// Returns one text frame to send, or null. Drain before acting on a [ServerEvent.HangUp].
    public String pollTransmit() {
        return transmits.poll();
    }

    /// Returns null when there is none.
    public ServerEvent pollEvent() {
        return events.poll();
    }

    public long pollTimeout() {
        return state instanceof State.Closed ? NEVER : idleAtNs;
    }

    public boolean isJoined() {
        return state instanceof State.Joined;
    }

    private void transmit(Frame frame) {
        transmits.add(frame.encode());
    }

    private void hangUp(String reason) {
        state = new State.Closed();
        events.add(new ServerEvent.HangUp(reason));
    }
}
