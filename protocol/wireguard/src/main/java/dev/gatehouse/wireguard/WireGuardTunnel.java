package dev.gatehouse.wireguard;

import static dev.gatehouse.wireguard.message.WireGuardConstants.CONNECTION_EXPIRY_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.COOKIE_EXPIRATION_TIME_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.JITTER_MAX_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.KEEPALIVE_TIMEOUT_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.NO_REPLY_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.REKEY_AFTER_TIME_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.REKEY_ON_RECEIVE_NS;
import static dev.gatehouse.wireguard.message.WireGuardConstants.REKEY_TIMEOUT_NS;

import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wire.TokenBucket;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.handshake.HandshakeFields;
import dev.gatehouse.wireguard.handshake.MacWriter;
import dev.gatehouse.wireguard.handshake.PeerKeys;
import dev.gatehouse.wireguard.handshake.PendingHandshake;
import dev.gatehouse.wireguard.handshake.PendingHandshakes;
import dev.gatehouse.wireguard.handshake.ReceivedInitiation;
import dev.gatehouse.wireguard.handshake.Tai64n;
import dev.gatehouse.wireguard.key.KeyPair;
import dev.gatehouse.wireguard.key.PresharedKey;
import dev.gatehouse.wireguard.key.PublicKey;
import dev.gatehouse.wireguard.message.DropCounters;
import dev.gatehouse.wireguard.message.DropReason;
import dev.gatehouse.wireguard.message.MessageType;
import dev.gatehouse.wireguard.message.Outcome;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.random.RandomGenerator;

/// WireGuard with one peer: handshakes, sessions, data packets and the timers of tunnel.md 4.5.
///
/// Sans-IO: after each mutation drain [#pollControl] and [#pollEvent], then wait for
/// [#pollTimeout]. Call [#handleTimeout] only while there is a path to the peer. Owned by one
/// shard.
///
/// A handshake is *idle*, *scheduled* ([Timer#SEND_HANDSHAKE] armed, [Timer#GIVE_UP] not) or
/// *running* (both armed). It ends when a session becomes usable for sending, whoever began it, or
/// with the tunnel. After [TunnelEvent#FAILED] or [#close] the tunnel does nothing any more.
public final class WireGuardTunnel implements AutoCloseable {
    public static final int CONNECTION_ID_MAX = 0xFFFFFF;

    /// Far from every session number that the peer may still know, on both sides of the ring.
    private static final int RESUME_NUMBER_DISTANCE = 128;

    private static final int CONTROLS_MAX = 16; // callers drain, so this is never reached

    /// A peer begins a handshake every two minutes, or every 5 s until it is answered, and at once
    /// on another path or without a session.
    private static final int INITIATIONS_PER_SECOND = 5;

    static final int INITIATIONS_BURST = 20;

    private enum Timer {
        EXPIRE_CONNECTION,
        GIVE_UP,
        EXPIRE_SESSIONS,
        REKEY_AFTER_SENDING,
        REKEY_AFTER_RECEIVING,
        NO_REPLY,
        SEND_HANDSHAKE,
        KEEPALIVE,
        FORGET_COOKIE
    }

    private final PeerKeys peer;
    private final WireGuardPolicy policy;
    private final RandomGenerator random;
    private final long unixOriginNs;
    private final SessionRing sessions;
    private final MacWriter macs;
    private final PacketSealer sealer;
    private final PacketOpener opener;
    private final DropCounters drops = new DropCounters();
    private final TimerTable<Timer> timers = new TimerTable<>(Timer.class);
    private final ArrayDeque<byte[]> controls = new ArrayDeque<>();
    private final ArrayDeque<TunnelEvent> events = new ArrayDeque<>();
    private final TokenBucket initiations =
            new TokenBucket(INITIATIONS_PER_SECOND, INITIATIONS_BURST); // the peer's
    private final PendingHandshakes pending = new PendingHandshakes();
    private Tai64n lastReceived = Tai64n.ZERO;
    private Tai64n lastSent = Tai64n.ZERO;
    private int revision;
    private boolean isClosed;

    /// @param connectionId 0 to [#CONNECTION_ID_MAX], unique among the node's tunnels
    /// @param aead the shard's instance
    /// @param random a cryptographically strong source outside of tests
    /// @param unixOriginNs Unix time in nanoseconds at `nowNs` 0
    public WireGuardTunnel(
            KeyPair local,
            PublicKey remote,
            PresharedKey psk,
            int connectionId,
            WireGuardPolicy policy,
            Aead aead,
            RandomGenerator random,
            long unixOriginNs,
            long nowNs) {
        if (connectionId < 0 || connectionId > CONNECTION_ID_MAX) {
            throw new IllegalArgumentException("connection id out of range: " + connectionId);
        }
        this.peer = new PeerKeys(local, remote, psk);
        this.policy = policy;
        this.random = random;
        this.unixOriginNs = unixOriginNs;
        sessions = new SessionRing(connectionId, aead);
        macs = new MacWriter(peer);
        sealer = new PacketSealer(aead);
        opener = new PacketOpener(aead, sessions, drops, this::handleAuthentic);
        timers.arm(Timer.EXPIRE_CONNECTION, nowNs + CONNECTION_EXPIRY_NS);
    }

    /// Sends an initiation at once, unless a handshake is running already.
    public void startHandshake(long nowNs) {
        if (!isClosed && peer.isUsable() && !isHandshakeRunning()) {
            timers.arm(Timer.GIVE_UP, nowNs + policy.giveUpNs());
            sendInitiation(nowNs);
        }
    }

    public boolean isHandshakeRunning() {
        return timers.isArmed(Timer.GIVE_UP);
    }

    /// Takes a datagram of type 1, 2 or 3.
    ///
    /// Types 1 and 2 must have passed the `HandshakeGate`, which verifies mac1.
    public Outcome handleHandshake(ByteBuffer b, int offset, int length, long nowNs) {
        var outcome =
                isClosed || !peer.isUsable() ? DropReason.CLOSED : take(b, offset, length, nowNs);
        return outcome instanceof DropReason reason ? drops.count(reason) : outcome;
    }

    private Outcome take(ByteBuffer b, int offset, int length, long nowNs) {
        return switch (MessageType.of(b, offset, length)) {
            case MessageType.INITIATION ->
                    handleInitiation(HandshakeFields.copy(b, offset, length), nowNs);
            case MessageType.RESPONSE ->
                    handleResponse(HandshakeFields.copy(b, offset, length), nowNs);
            case MessageType.COOKIE_REPLY ->
                    handleCookieReply(HandshakeFields.copy(b, offset, length), nowNs);
            default -> DropReason.MALFORMED;
        };
    }

    private Outcome handleInitiation(byte[] message, long nowNs) {
        var read = ReceivedInitiation.read(peer.local(), message);
        if (read.isEmpty()) {
            return DropReason.BAD_TAG;
        }
        try (var initiation = read.get()) {
            if (!initiation.remoteStatic().equals(peer.remote())) {
                return DropReason.WRONG_PEER;
            }
            var timestamp = initiation.timestamp(peer);
            if (timestamp.isEmpty()) {
                return DropReason.BAD_TAG;
            }
            if (!timestamp.get().isAfter(lastReceived)) {
                return DropReason.STALE_TIMESTAMP;
            }
            if (!initiations.take(nowNs)) {
                return DropReason.TOO_OFTEN;
            }
            int localIndex = takeIndex();
            var answer = initiation.answer(peer, localIndex, random);
            if (answer.isEmpty()) {
                return DropReason.BAD_TAG;
            }
            lastReceived = timestamp.get();
            establish(new Session(localIndex, answer.get().keys(), false, nowNs), nowNs);
            control(macs.sign(answer.get().response()));
            return Outcome.Accepted.INITIATION;
        }
    }

    private Outcome handleResponse(byte[] message, long nowNs) {
        int receiver = HandshakeFields.index(message, HandshakeFields.RESPONSE_RECEIVER_OFFSET);
        var handshake = pending.waitingFor(receiver);
        if (handshake == null) {
            return DropReason.UNKNOWN_SESSION;
        }
        var keys = handshake.finish(message);
        if (keys.isEmpty()) {
            return DropReason.BAD_TAG;
        }
        pending.forgetUpTo(handshake);
        var session = new Session(receiver, keys.get(), true, nowNs);
        establish(session, nowNs);
        promote(session);
        sendKeepalive(nowNs); // the peer may use the session once it has something on it
        return Outcome.Accepted.RESPONSE;
    }

    private Outcome handleCookieReply(byte[] message, long nowNs) {
        var outcome = macs.handleCookieReply(message);
        if (outcome == Outcome.Accepted.COOKIE_REPLY) {
            timers.arm(Timer.FORGET_COOKIE, nowNs + COOKIE_EXPIRATION_TIME_NS);
        }
        return outcome;
    }

    /// Stores a session; who may send on it is decided by [#promote].
    private void establish(Session session, long nowNs) {
        sessions.put(session);
        timers.disarm(Timer.NO_REPLY);
        timers.arm(Timer.EXPIRE_CONNECTION, nowNs + CONNECTION_EXPIRY_NS);
        timers.arm(Timer.EXPIRE_SESSIONS, sessions.nextExpiryNs());
    }

    /// Sends on `session` once it is confirmed, unless a younger one is in use.
    private void promote(Session session) {
        if (!session.confirm() || !sessions.promote(session)) {
            return;
        }
        timers.disarm(Timer.GIVE_UP);
        timers.disarm(Timer.SEND_HANDSHAKE);
        timers.disarm(Timer.REKEY_AFTER_SENDING);
        timers.disarm(Timer.REKEY_AFTER_RECEIVING);
        if (session.isInitiator()) {
            timers.arm(Timer.REKEY_AFTER_SENDING, session.establishedNs() + REKEY_AFTER_TIME_NS);
            timers.arm(Timer.REKEY_AFTER_RECEIVING, session.establishedNs() + REKEY_ON_RECEIVE_NS);
        }
        events.add(TunnelEvent.HANDSHAKE_COMPLETED);
    }

    /// Whether [#seal] has a session to seal with.
    public boolean canSeal(long nowNs) {
        return sessions.current(nowNs) != null;
    }

    /// Appends packets `from` to `from + count` of `in`, sealed, to `out`.
    ///
    /// Skips lengths of 0 or less. The caller sees to it that the rest fits. Nothing is queued:
    /// without a usable session the packets are the caller's to keep or to drop, and so is the
    /// decision to start a handshake.
    ///
    /// @return bytes appended, headroom included; 0 if there is no usable session
    public int seal(PacketBatch in, int from, int count, SealedBatch out, long nowNs) {
        var session = sessions.current(nowNs);
        if (session == null) {
            return 0;
        }
        int bytes = sealer.seal(session, in, from, count, out);
        if (bytes > 0) {
            session.markDataSent();
            timers.armIfIdle(Timer.NO_REPLY, nowNs + NO_REPLY_NS);
            timers.disarm(Timer.KEEPALIVE);
            rekeyIfOld(session, REKEY_AFTER_TIME_NS, nowNs);
        }
        return bytes;
    }

    /// Opens datagrams `from` to `from + count` in place, all of type 4 and of this connection.
    ///
    /// Packet `i` then is its plaintext, cut at the length in its IP header; a keepalive has length
    /// 0, a dropped packet length -1, see [#dropped].
    ///
    /// @return number of packets whose length is above 0
    public int open(PacketBatch batch, int from, int count, long nowNs) {
        return opener.open(batch, from, count, nowNs);
    }

    private void handleAuthentic(Session session, boolean hasData, long nowNs) {
        timers.disarm(Timer.NO_REPLY);
        promote(session);
        if (hasData) {
            session.markDataReceived();
            timers.armIfIdle(Timer.KEEPALIVE, nowNs + KEEPALIVE_TIMEOUT_NS);
            rekeyIfOld(session, REKEY_ON_RECEIVE_NS, nowNs);
        }
    }

    private void rekeyIfOld(Session session, long ageNs, long nowNs) {
        if (session.isInitiator()
                && sessions.isCurrent(session)
                && nowNs >= session.establishedNs() + ageNs) {
            scheduleHandshake(nowNs);
        }
    }

    private void scheduleHandshake(long nowNs) {
        if (peer.isUsable() && !isHandshakeRunning()) {
            timers.armIfIdle(Timer.SEND_HANDSHAKE, nowNs + jitterNs());
        }
    }

    private long jitterNs() {
        return random.nextLong(JITTER_MAX_NS + 1);
    }

    public void handleTimeout(long nowNs) {
        for (var due = timers.pollDue(nowNs); due != null; due = timers.pollDue(nowNs)) {
            switch (due) {
                case EXPIRE_CONNECTION, GIVE_UP -> fail();
                case EXPIRE_SESSIONS -> expireSessions(nowNs);
                case REKEY_AFTER_SENDING -> {
                    var session = sessions.current(nowNs);
                    if (session != null && session.hasSentData()) {
                        scheduleHandshake(nowNs);
                    }
                }
                case REKEY_AFTER_RECEIVING -> {
                    var session = sessions.current(nowNs);
                    if (session != null && session.hasReceivedData()) {
                        scheduleHandshake(nowNs);
                    }
                }
                case NO_REPLY -> scheduleHandshake(nowNs);
                case SEND_HANDSHAKE -> {
                    timers.armIfIdle(Timer.GIVE_UP, nowNs + policy.giveUpNs());
                    sendInitiation(nowNs);
                }
                case KEEPALIVE -> sendKeepalive(nowNs);
                case FORGET_COOKIE -> macs.forgetCookie();
            }
        }
    }

    private void fail() {
        close();
        events.add(TunnelEvent.FAILED);
    }

    private void expireSessions(long nowNs) {
        if (sessions.expire(nowNs)) {
            scheduleHandshake(nowNs);
        }
        timers.arm(Timer.EXPIRE_SESSIONS, sessions.nextExpiryNs());
    }

    private void sendInitiation(long nowNs) {
        var handshake = new PendingHandshake(peer, takeIndex(), random);
        pending.add(handshake);
        lastSent = timestamp(nowNs);
        control(macs.sign(handshake.initiate(lastSent)));
        timers.arm(Timer.SEND_HANDSHAKE, nowNs + REKEY_TIMEOUT_NS + jitterNs());
    }

    /// Each handshake begins with an index, whichever side it comes from; hence it is here that a
    /// [#snapshot] changes.
    private int takeIndex() {
        revision++;
        return sessions.takeIndex();
    }

    private Tai64n timestamp(long nowNs) {
        var timestamp = Tai64n.ofUnixNs(unixOriginNs + nowNs);
        return timestamp.isAfter(lastSent) ? timestamp : lastSent.next();
    }

    private void sendKeepalive(long nowNs) {
        var session = sessions.current(nowNs);
        if (session != null) {
            control(sealer.keepalive(session));
        }
    }

    private void control(byte[] datagram) {
        if (controls.size() == CONTROLS_MAX) {
            controls.removeFirst();
        }
        controls.add(datagram);
        timers.disarm(Timer.KEEPALIVE);
    }

    /// The next handshake or keepalive datagram for the peer, null when there is none.
    public byte[] pollControl() {
        return controls.poll();
    }

    /// The next event, null when there is none.
    public TunnelEvent pollEvent() {
        return events.poll();
    }

    /// The next `nowNs` at which [#handleTimeout] has work, or `Long.MAX_VALUE`.
    public long pollTimeout() {
        return timers.nextNs();
    }

    public long dropped(DropReason reason) {
        return drops.of(reason);
    }

    public TunnelSnapshot snapshot() {
        return new TunnelSnapshot(lastReceived, lastSent, sessions.number());
    }

    /// Differs from what it was before whenever [#snapshot] does; may differ when that does not.
    public int revision() {
        return revision;
    }

    /// Continues for a peer that knew an earlier process; call before anything else.
    ///
    /// Sessions are gone: start a handshake once there is a path. Session numbers go on far from
    /// those that the peer may still use.
    public void restore(TunnelSnapshot snapshot) {
        lastReceived = snapshot.received();
        lastSent = snapshot.sent();
        sessions.continueAfter(snapshot.sessionNumber() + RESUME_NUMBER_DISTANCE);
        revision++;
    }

    /// Wipes all keys that this tunnel made; those it was given belong to its owner.
    @Override
    public void close() {
        isClosed = true;
        timers.disarmAll();
        controls.clear();
        sessions.clear();
        macs.close();
        peer.close();
        pending.close();
    }

    @Override
    public String toString() {
        return "WireGuardTunnel[peer=%s]".formatted(peer.remote());
    }
}
