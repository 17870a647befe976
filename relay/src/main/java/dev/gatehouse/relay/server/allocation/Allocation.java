package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.stun.ChannelData;
import dev.gatehouse.stun.TransactionId;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A relay port owned by one client socket, with its channels.
public final class Allocation implements Expiring {
    private static final int CHANNELS_AT_FIRST = 8;
    private static final int CHANNELS_MAX = ChannelData.MAX - ChannelData.MIN + 1;

    public final Endpoint client;
    final String user;
    public final int port;
    public final List<Family> families;
    private final Endpoint localV4;
    private final Endpoint localV6;
    private final Endpoint relayedV4;
    private final Endpoint relayedV6;
    private final Map<Endpoint, Channel> byPeer = new LinkedHashMap<>();
    private Channel[] byNumber = new Channel[CHANNELS_AT_FIRST];
    private Endpoint listener;
    private long expiresAtNs;
    private TransactionId transaction;
    private long grantedSeconds;

    /// @param listener the endpoint of ours that the client talks to
    Allocation(
            Endpoint client,
            Endpoint listener,
            String user,
            int port,
            List<Family> families,
            RelayConfig config) {
        this.client = client;
        this.listener = listener;
        this.user = user;
        this.port = port;
        this.families = families;
        localV4 = new Endpoint(Endpoint.ANY_V4.address(), port);
        localV6 = new Endpoint(Endpoint.ANY_V6.address(), port);
        relayedV4 = new Endpoint(config.publicV4().orElse(localV4.address()), port);
        relayedV6 = new Endpoint(config.publicV6().orElse(localV6.address()), port);
    }

    /// Remembers the request that made this allocation, and what it was told.
    public void grantedBy(TransactionId request, long lifetimeSeconds) {
        transaction = request;
        grantedSeconds = lifetimeSeconds;
    }

    public boolean isGrantedBy(TransactionId request, String asker) {
        return request.equals(transaction) && asker.equals(user);
    }

    public long grantedSeconds() {
        return grantedSeconds;
    }

    void refresh(Endpoint newListener, long newExpiresAtNs) {
        listener = newListener;
        expiresAtNs = newExpiresAtNs;
    }

    public Endpoint listener() {
        return listener;
    }

    /// Where data to peers of `family` leaves from.
    public Endpoint local(Family family) {
        return switch (family) {
            case IPV4 -> localV4;
            case IPV6 -> localV6;
        };
    }

    /// The address that peers of `family` see.
    public Endpoint relayed(Family family) {
        return switch (family) {
            case IPV4 -> relayedV4;
            case IPV6 -> relayedV6;
        };
    }

    /// Null if that number is free.
    public Channel channel(int number) {
        int index = number - ChannelData.MIN;
        return index < byNumber.length ? byNumber[index] : null;
    }

    /// Null if that peer has no channel.
    public Channel channelOf(Endpoint peer) {
        return byPeer.get(peer);
    }

    void add(Channel channel) {
        int index = channel.number - ChannelData.MIN;
        if (index >= byNumber.length) {
            int capacity = Math.min(CHANNELS_MAX, 2 * Integer.highestOneBit(index));
            byNumber = Arrays.copyOf(byNumber, capacity);
        }
        byNumber[index] = channel;
        byPeer.put(channel.peer, channel);
    }

    void remove(Channel channel) {
        byNumber[channel.number - ChannelData.MIN] = null;
        byPeer.remove(channel.peer);
    }

    int channelCount() {
        return byPeer.size();
    }

    List<Channel> channels() {
        return new ArrayList<>(byPeer.values());
    }

    @Override
    public long deadlineNs() {
        return expiresAtNs;
    }
}
