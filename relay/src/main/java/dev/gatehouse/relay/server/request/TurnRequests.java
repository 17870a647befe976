package dev.gatehouse.relay.server.request;

import dev.gatehouse.relay.server.allocation.ActionQueue;
import dev.gatehouse.relay.server.allocation.Allocation;
import dev.gatehouse.relay.server.allocation.Allocations;
import dev.gatehouse.relay.server.allocation.Channel;
import dev.gatehouse.relay.server.allocation.RelayAction;
import dev.gatehouse.relay.server.login.Authenticator;
import dev.gatehouse.relay.server.login.SigningKey;
import dev.gatehouse.relay.server.login.Username;
import dev.gatehouse.relay.server.policy.PeerFilter;
import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.relay.server.statistics.RelayStatistics;
import dev.gatehouse.relay.server.statistics.RelayStatistics.MessageType;
import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.SourceBuckets;
import java.util.Optional;

/// Answers STUN and TURN requests: the checks of relay.md 7 to 10 in their order.
public final class TurnRequests {
    private static final long NS_PER_SECOND = 1_000_000_000;
    private static final long LIFETIME_DEFAULT_S = 600;
    private static final long LIFETIME_MAX_S = 3600;

    /// One request and where its reply goes.
    private record Request(StunMessage message, Endpoint listener, Endpoint client, long nowNs) {
        MessageType type() {
            return switch (message.method()) {
                case StunMethods.BINDING -> MessageType.BINDING;
                case StunMethods.ALLOCATE -> MessageType.ALLOCATE;
                case StunMethods.REFRESH -> MessageType.REFRESH;
                case StunMethods.CHANNEL_BIND -> MessageType.CHANNELBIND;
                case StunMethods.CREATE_PERMISSION -> MessageType.CREATEPERMISSION;
                default -> MessageType.UNKNOWN;
            };
        }
    }

    private final RelayConfig config;
    private final Authenticator authenticator;
    private final Allocations allocations;
    private final PeerFilter peers;
    private final Deletions deletions = new Deletions();
    private final ActionQueue actions;
    private final RelayStatistics statistics;
    private final SourceBuckets strangers;
    private boolean draining;

    public TurnRequests(
            RelayConfig config,
            Authenticator authenticator,
            Allocations allocations,
            PeerFilter peers,
            ActionQueue actions,
            RelayStatistics statistics,
            SourceBuckets strangers) {
        this.config = config;
        this.authenticator = authenticator;
        this.allocations = allocations;
        this.peers = peers;
        this.actions = actions;
        this.statistics = statistics;
        this.strangers = strangers;
    }

    /// From here on nobody gets a new allocation.
    public void drain() {
        draining = true;
    }

    /// @param fault what [AttributeFault] says of the request
    /// @param listener the endpoint of ours it was sent to
    public void handle(
            StunMessage message, int fault, Endpoint listener, Endpoint client, long nowNs) {
        if (message.messageClass() != MessageClass.REQUEST) {
            statistics.count(RelayCounter.DROPPED_NOT_A_REQUEST, 1);
            return;
        }
        var request = new Request(message, listener, client, nowNs);
        if (fault != AttributeFault.NONE) {
            rejectUnsigned(request, fault);
            return;
        }
        switch (request.type()) {
            case BINDING -> handleBinding(request);
            case ALLOCATE -> handleAllocate(request);
            case REFRESH -> handleRefresh(request);
            case CHANNELBIND -> handleChannelBind(request);
            case CREATEPERMISSION -> handleCreatePermission(request);
            case UNKNOWN -> rejectUnsigned(request, StunErrors.BAD_REQUEST);
        }
    }

    private void handleBinding(Request request) {
        if (mayReplyToStranger(request)) {
            var reply = success(request).xorMappedAddress(request.client());
            send(request, reply.build());
        }
    }

    private void handleAllocate(Request request) {
        if (request.message().requestedTransport().isEmpty()) {
            rejectUnsigned(request, StunErrors.BAD_REQUEST);
            return;
        }
        if (authenticate(request) instanceof Authenticator.Outcome.Granted(var user, var key)) {
            allocate(request, user, key);
        }
    }

    private void allocate(Request request, Username user, SigningKey key) {
        var message = request.message();
        var earlier = allocations.ofUser(user.text());
        var present = allocations.ofClient(request.client());
        if (present != null) {
            handleSecondAllocate(request, user, key, present);
            return;
        }
        if (draining || allocations.isFull() && earlier == null || !mayAllocate(request)) {
            reject(request, StunErrors.INSUFFICIENT_CAPACITY, key);
            return;
        }
        if (message.requestedTransport().getAsInt() != StunAttributes.TRANSPORT_UDP) {
            reject(request, StunErrors.BAD_REQUEST, key);
            return;
        }
        var requested = message.requestedAddressFamily();
        var choice = FamilyChoice.of(config, requested, message.additionalAddressFamily());
        switch (choice) {
            case FamilyChoice.Refused(int code) -> reject(request, code, key);
            case FamilyChoice.Granted granted -> {
                if (earlier != null) {
                    allocations.remove(earlier);
                    statistics.count(RelayCounter.ALLOCATIONS_REPLACED, 1);
                }
                allocate(request, user, key, granted);
            }
        }
    }

    private boolean mayAllocate(Request request) {
        boolean may = allocations.shares().mayAllocate(request.client().address(), request.nowNs());
        statistics.count(RelayCounter.ALLOCATIONS_REFUSED, may ? 0 : 1);
        return may;
    }

    /// A request that comes twice, on its way or because the answer was late, is one request (RFC
    /// 8656 section 7.2).
    private void handleSecondAllocate(
            Request request, Username user, SigningKey key, Allocation present) {
        if (present.isGrantedBy(request.message().transactionId(), user.text())) {
            statistics.count(RelayCounter.RETRANSMISSIONS, 1);
            send(request, granted(request, present).buildSigned(key.bytes()));
        } else {
            reject(request, StunErrors.ALLOCATION_MISMATCH, key);
        }
    }

    private void allocate(
            Request request, Username user, SigningKey key, FamilyChoice.Granted granted) {
        long lifetimeS = lifetimeSeconds(request.message());
        if (lifetimeS == 0) { // only a Refresh ends an allocation
            lifetimeS = LIFETIME_DEFAULT_S;
        }
        long expiresAtNs = request.nowNs() + lifetimeS * NS_PER_SECOND;
        var allocation =
                allocations.add(
                        request.client(),
                        request.listener(),
                        user.text(),
                        granted.families(),
                        expiresAtNs);
        allocation.grantedBy(request.message().transactionId(), lifetimeS);
        // Step 8 of relay.md 8.1 says the other way round, but who is told may send at once.
        for (var family : allocation.families) {
            actions.add(new RelayAction.OpenPort(allocation.port, family));
        }
        send(request, granted(request, allocation).buildSigned(key.bytes()));
    }

    private StunWriter granted(Request request, Allocation allocation) {
        var reply = success(request);
        for (var family : allocation.families) {
            reply.xorRelayedAddress(allocation.relayed(family));
        }
        return reply.xorMappedAddress(request.client()).lifetime(allocation.grantedSeconds());
    }

    private static long lifetimeSeconds(StunMessage message) {
        return Math.min(message.lifetimeSeconds().orElse(LIFETIME_DEFAULT_S), LIFETIME_MAX_S);
    }

    private void handleRefresh(Request request) {
        if (authenticate(request) instanceof Authenticator.Outcome.Granted(var user, var key)) {
            refresh(request, user, key);
        }
    }

    private void refresh(Request request, Username user, SigningKey key) {
        var allocation = allocations.ofClient(request.client());
        var transaction = request.message().transactionId();
        long lifetimeS = lifetimeSeconds(request.message());
        if (allocation == null) {
            boolean isRepeated =
                    lifetimeS == 0
                            && deletions.isKnown(
                                    request.client(), transaction, user.text(), request.nowNs());
            if (!isRepeated) {
                reject(request, StunErrors.ALLOCATION_MISMATCH, key);
                return;
            }
            statistics.count(RelayCounter.RETRANSMISSIONS, 1);
        } else if (lifetimeS == 0) {
            deletions.add(request.client(), transaction, user.text(), request.nowNs());
            allocations.remove(allocation);
        } else {
            long expiresAtNs = request.nowNs() + lifetimeS * NS_PER_SECOND;
            allocations.refresh(allocation, request.listener(), expiresAtNs);
        }
        send(request, success(request).lifetime(lifetimeS).buildSigned(key.bytes()));
    }

    private void handleChannelBind(Request request) {
        var number = request.message().channelNumber();
        var peer = request.message().xorPeerAddress();
        if (number.isEmpty() || peer.isEmpty()) {
            rejectUnsigned(request, StunErrors.BAD_REQUEST);
            return;
        }
        if (authenticate(request) instanceof Authenticator.Outcome.Granted(_, var key)) {
            bind(request, number.getAsInt(), peer.get(), key);
        }
    }

    private void bind(Request request, int number, Endpoint peer, SigningKey key) {
        var allocation = allocations.ofClient(request.client());
        if (allocation == null) {
            reject(request, StunErrors.ALLOCATION_MISMATCH, key);
            return;
        }
        if (!allocation.families.contains(peer.family())) {
            reject(request, StunErrors.PEER_ADDRESS_FAMILY_MISMATCH, key);
            return;
        }
        if (!isReachable(peer)) {
            reject(request, StunErrors.FORBIDDEN, key);
            return;
        }
        var ofPeer = allocation.channelOf(peer);
        var ofNumber = allocation.channel(number);
        if (ofPeer != ofNumber) {
            reject(request, StunErrors.BAD_REQUEST, key);
            return;
        }
        if (ofNumber == null && allocations.areChannelsFull(allocation)) {
            statistics.count(RelayCounter.CHANNELS_REFUSED, 1);
            reject(request, StunErrors.INSUFFICIENT_CAPACITY, key);
            return;
        }
        var channel = ofNumber == null ? new Channel(allocation, number, peer) : ofNumber;
        allocations.bind(channel, request.nowNs());
        send(request, success(request).buildSigned(key.bytes()));
    }

    /// What goes to another allocation of this relay never reaches the network.
    private boolean isReachable(Endpoint peer) {
        return allocations.ofRelayed(peer) != null || peers.isAllowed(peer);
    }

    /// Has no effect: a channel is the permission (relay.md 10.1). Says all the same which peers
    /// are forbidden, so that nobody takes them for permitted.
    private void handleCreatePermission(Request request) {
        if (authenticate(request) instanceof Authenticator.Outcome.Granted(_, var key)) {
            if (request.message().xorPeerAddresses().stream().allMatch(this::isPermitted)) {
                send(request, success(request).buildSigned(key.bytes()));
            } else {
                reject(request, StunErrors.FORBIDDEN, key);
            }
        }
    }

    /// A permission is for all ports of an address (RFC 8656 section 9).
    private boolean isPermitted(Endpoint peer) {
        boolean isOurs =
                config.publicAddress(peer.family()).filter(peer.address()::equals).isPresent();
        return isOurs || peers.isAllowed(peer.address());
    }

    /// Also answers a request that is denied.
    private Authenticator.Outcome authenticate(Request request) {
        var outcome =
                authenticator.authenticate(request.message(), request.client(), request.nowNs());
        if (outcome instanceof Authenticator.Outcome.Denied(int code)) {
            deny(request, code);
            return outcome;
        }
        if (!allocations.shares().mayRequest(request.client().address(), request.nowNs())) {
            statistics.count(RelayCounter.DROPPED_REQUESTS_EXCESS, 1);
            return Authenticator.EXCESS;
        }
        return outcome;
    }

    private void deny(Request request, int code) {
        var username = request.message().username();
        var key = username.flatMap(authenticator::keyOf);
        if (username.isPresent() && key.isEmpty()) {
            statistics.count(RelayCounter.DROPPED_MALFORMED_USERNAME, 1);
            return;
        }
        if (!mayReplyToStranger(request)) {
            return;
        }
        var reply =
                error(request, code)
                        .realm(TurnCredentials.REALM)
                        .nonce(authenticator.currentNonce(request.client()));
        sendError(request, code, reply, key);
    }

    private void reject(Request request, int code, SigningKey key) {
        sendError(request, code, error(request, code), Optional.of(key));
    }

    private void rejectUnsigned(Request request, int code) {
        if (mayReplyToStranger(request)) {
            sendError(request, code, error(request, code), Optional.empty());
        }
    }

    /// Who has an allocation is none: it asks every second whether it is still seen where it was.
    private boolean mayReplyToStranger(Request request) {
        var source = request.client().address();
        boolean isStranger = allocations.ofClient(request.client()) == null;
        boolean may =
                isStranger
                        ? strangers.take(source, request.nowNs())
                        : allocations.shares().mayRequest(source, request.nowNs());
        if (!may) {
            statistics.count(RelayCounter.DROPPED_RATE_LIMITED, 1);
        }
        return may;
    }

    private StunWriter success(Request request) {
        return reply(request, MessageClass.SUCCESS);
    }

    private StunWriter error(Request request, int code) {
        return reply(request, MessageClass.ERROR).errorCode(code, StunErrors.reason(code));
    }

    private StunWriter reply(Request request, MessageClass messageClass) {
        var message = request.message();
        return new StunWriter(messageClass, message.method(), message.transactionId())
                .software(config.software());
    }

    private void sendError(Request request, int code, StunWriter reply, Optional<SigningKey> key) {
        statistics.countReply(request.type(), code);
        byte[] bytes = key.map(k -> reply.buildSigned(k.bytes())).orElseGet(reply::build);
        actions.addReply(bytes, request.listener(), request.client());
    }

    private void send(Request request, byte[] success) {
        statistics.countReply(request.type(), 0);
        actions.addReply(success, request.listener(), request.client());
    }
}
