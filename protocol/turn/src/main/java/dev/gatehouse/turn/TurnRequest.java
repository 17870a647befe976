package dev.gatehouse.turn;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A request that a relay has not answered yet, with its place in the back-off of tunnel.md 3.4:
/// sent at 0, 1, 2.5 and 4.75 s, given up at 8.125 s; or sent once and given up after 1 s.
final class TurnRequest {
    /// What is asked for. `DELETE` is a REFRESH with lifetime 0.
    enum Kind {
        BINDING(StunMethods.BINDING),
        ALLOCATE(StunMethods.ALLOCATE),
        REFRESH(StunMethods.REFRESH),
        DELETE(StunMethods.REFRESH),
        CHANNEL_BIND(StunMethods.CHANNEL_BIND);

        private final int method;

        Kind(int method) {
            this.method = method;
        }
    }

    static final int SENDS_MAX = 4;
    private static final long FIRST_WAIT_NS = 1_000_000_000L;
    private static final int REAUTHENTICATIONS_MAX = 10; // a relay that always says 438 is no relay

    private final Kind kind;
    private final Endpoint server;
    private final Optional<Channel> channel;
    private final boolean sentOnce;
    private final boolean optional;
    private final List<TransactionId> ids = new ArrayList<>(SENDS_MAX);
    private boolean carriesNonce;
    private boolean isBare;
    private boolean isPlain;
    private int sends;
    private int reauthentications;
    private long waitNs = FIRST_WAIT_NS;
    private long lastSentNs;

    private TurnRequest(
            Kind kind,
            Endpoint server,
            Optional<Channel> channel,
            boolean sentOnce,
            boolean optional) {
        this.kind = kind;
        this.server = server;
        this.channel = channel;
        this.sentOnce = sentOnce;
        this.optional = optional;
    }

    static TurnRequest to(Endpoint server, Kind kind) {
        return new TurnRequest(kind, server, Optional.empty(), false, false);
    }

    static TurnRequest proactiveRefresh(Endpoint server) {
        return new TurnRequest(Kind.REFRESH, server, Optional.empty(), true, false);
    }

    static TurnRequest bind(Endpoint server, Channel channel) {
        return new TurnRequest(Kind.CHANNEL_BIND, server, Optional.of(channel), false, false);
    }

    /// A BINDING whose answer is welcome and not needed, sent once.
    static TurnRequest look(Endpoint server) {
        return new TurnRequest(Kind.BINDING, server, Optional.empty(), true, true);
    }

    /// A BINDING whose answer is welcome and not needed, with the full back-off.
    static TurnRequest survey(Endpoint server) {
        return new TurnRequest(Kind.BINDING, server, Optional.empty(), false, true);
    }

    Kind kind() {
        return kind;
    }

    Endpoint server() {
        return server;
    }

    boolean isBindingTo(Endpoint to) {
        return kind == Kind.BINDING && server.equals(to);
    }

    /// Nothing follows from its staying unanswered.
    boolean isOptional() {
        return optional;
    }

    /// The channel to bind; only of a `CHANNEL_BIND`.
    Channel channel() {
        return channel.orElseThrow();
    }

    boolean carriesNonce() {
        return carriesNonce;
    }

    long lastSentNs() {
        return lastSentNs;
    }

    /// True if the round trip time of an answer can be told: one copy was sent.
    boolean wasSentOnce() {
        return sends == 1;
    }

    boolean isAnsweredBy(TransactionId id, int method, Endpoint from) {
        return method == kind.method && server.equals(from) && ids.contains(id);
    }

    /// Of the copies written so far, since the last start.
    List<TransactionId> ids() {
        return ids;
    }

    /// The next copy. A BINDING keeps its id, signed requests get `freshId`; answers to the earlier
    /// ids still count.
    byte[] write(String software, TurnLogin login, TransactionId freshId, long nowNs) {
        var id = kind == Kind.BINDING && !ids.isEmpty() ? ids.getFirst() : freshId;
        if (!ids.contains(id)) {
            ids.add(id);
        }
        if (sends > 0) {
            waitNs += waitNs / 2;
        }
        sends++;
        lastSentNs = nowNs;
        var writer = new StunWriter(MessageClass.REQUEST, kind.method, id);
        return switch (kind) {
            case BINDING -> writer.software(software).build();
            case ALLOCATE, REFRESH -> sign(allocation(writer, software), login);
            case DELETE -> sign(allocation(writer, software).lifetime(0), login);
            case CHANNEL_BIND -> sign(channelBind(writer, software), login);
        };
    }

    private StunWriter allocation(StunWriter writer, String software) {
        if (isPlain) {
            return writer.software(software);
        }
        return writer.requestedTransportUdp().additionalAddressFamilyIpv6().software(software);
    }

    private StunWriter channelBind(StunWriter writer, String software) {
        return writer.xorPeerAddress(channel().peer())
                .channelNumber(channel().number())
                .software(software);
    }

    private byte[] sign(StunWriter writer, TurnLogin login) {
        carriesNonce = login.nonce().isPresent();
        return isBare && !carriesNonce ? writer.build() : login.sign(writer);
    }

    /// Starts again without credentials, to be challenged; false if that was tried before.
    boolean restartBare() {
        boolean first = !isBare;
        isBare = true;
        return first && restart();
    }

    /// Starts a refresh again without the attributes of an Allocate; false if that was tried
    /// before, or this is something else.
    boolean restartPlain() {
        boolean first = !isPlain && kind.method == StunMethods.REFRESH;
        isPlain = true;
        return first && restart();
    }

    /// When the next copy is due, or giving up.
    long deadlineNs() {
        return lastSentNs + waitNs;
    }

    boolean isSpent() {
        return sentOnce || sends == SENDS_MAX;
    }

    /// Starts again with a fresh back-off after a 401 or 438; false if that happened too often.
    boolean restart() {
        ids.clear();
        sends = 0;
        waitNs = FIRST_WAIT_NS;
        return ++reauthentications <= REAUTHENTICATIONS_MAX;
    }

    /// Whether an answer proves to be of the relay, or is one that cannot: to a BINDING, or an
    /// error before there is anything to sign with.
    boolean isTrustworthy(StunMessage answer, TurnLogin login) {
        return switch (answer.messageClass()) {
            case REQUEST, INDICATION -> false;
            case SUCCESS -> kind == Kind.BINDING || answer.verifyIntegrity(login.key());
            case ERROR ->
                    kind != Kind.BINDING
                            && (answer.verifyIntegrity(login.key())
                                    || isChallengedBy(answer)
                                    || isTooMuchSaid(answer));
        };
    }

    /// Relays of Firezone sign a challenge, others cannot (RFC 8489 section 9.2.4). Tunnel.md 3.2
    /// ignores theirs; obeying costs nothing, since all that is taken of it is the nonce, and works
    /// with both.
    boolean isChallengedBy(StunMessage message) {
        int code = message.errorCode().orElse(0);
        boolean asksForNonce =
                code == StunErrors.STALE_NONCE
                        || (code == StunErrors.UNAUTHORIZED && !carriesNonce());
        return asksForNonce
                && !message.hasMessageIntegrity()
                && message.nonce().isPresent()
                && message.realm().filter(TurnCredentials.REALM::equals).isPresent();
    }

    /// RFC 8489 section 9.2.4: credentials without a nonce are a bad request.
    boolean isTooMuchSaid(StunMessage message) {
        return message.errorCode().orElse(0) == StunErrors.BAD_REQUEST
                && !message.hasMessageIntegrity()
                && !carriesNonce();
    }
}
