package dev.gatehouse.ice;

import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import java.util.Optional;

/// The STUN messages between two agents: writes and signs ours, tells whether others are of our
/// peer (RFC 8445 sections 7.1 and 7.3).
final class CheckMessages {
    private final Role role;
    private final IceCredentials local;
    private final IceCredentials remote;
    private final byte[] localKey;
    private final byte[] remoteKey;
    private final long tieBreaker;

    CheckMessages(Role role, IceCredentials local, IceCredentials remote, long tieBreaker) {
        this.role = role;
        this.local = local;
        this.remote = remote;
        this.localKey = local.key();
        this.remoteKey = remote.key();
        this.tieBreaker = tieBreaker;
    }

    IceCredentials local() {
        return local;
    }

    IceCredentials remote() {
        return remote;
    }

    long tieBreaker() {
        return tieBreaker;
    }

    /// True if the names and the integrity of a request are those of our peer.
    boolean isRequestToUs(StunMessage request) {
        return request.priority().isPresent()
                && isForUs(request.username())
                && request.verifyIntegrity(localKey);
    }

    private boolean isForUs(Optional<String> username) {
        return username.equals(Optional.of(local.ufrag() + ':' + remote.ufrag()));
    }

    /// True if an answer to a request of ours is of our peer.
    boolean isAnswerOfPeer(StunMessage answer) {
        return answer.verifyIntegrity(remoteKey);
    }

    boolean isRoleConflict(StunMessage request) {
        return switch (role) {
            case CONTROLLING -> request.iceControlling().isPresent();
            case CONTROLLED -> request.iceControlled().isPresent();
        };
    }

    byte[] roleConflict(TransactionId id) {
        return new StunWriter(MessageClass.ERROR, StunMethods.BINDING, id)
                .errorCode(StunErrors.ROLE_CONFLICT, StunErrors.reason(StunErrors.ROLE_CONFLICT))
                .buildSignedWithFingerprint(localKey);
    }

    /// @param seen where the request came from
    byte[] reply(TransactionId id, Endpoint seen) {
        return new StunWriter(MessageClass.SUCCESS, StunMethods.BINDING, id)
                .xorMappedAddress(seen)
                .buildSignedWithFingerprint(localKey);
    }

    /// A check of `pair`; it nominates if the pair is nominated and that is ours to say.
    byte[] check(CandidatePair pair, TransactionId id) {
        var request =
                new StunWriter(MessageClass.REQUEST, StunMethods.BINDING, id)
                        .username(remote.ufrag() + ':' + local.ufrag());
        switch (role) {
            case CONTROLLING -> request.iceControlling(tieBreaker);
            case CONTROLLED -> request.iceControlled(tieBreaker);
        }
        request.priority(pair.local().candidate().checkPriority());
        if (role == Role.CONTROLLING && pair.isNominated()) {
            request.useCandidate();
        }
        return request.buildSignedWithFingerprint(remoteKey);
    }
}
