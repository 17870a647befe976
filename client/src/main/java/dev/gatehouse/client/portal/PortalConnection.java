package dev.gatehouse.client.portal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.client.ChannelListener;
import dev.gatehouse.channel.client.PhoenixClient;
import dev.gatehouse.channel.client.PhoenixOptions;
import dev.gatehouse.channel.message.ClientToPortal;
import dev.gatehouse.channel.message.Ignored;
import dev.gatehouse.channel.message.PortalToClient;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.client.loop.LoopCommand;
import dev.gatehouse.client.loop.PortalLink;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The channel to the portal. Candidates wait while it is away, at most [#WAITING_MAX]: the oldest
/// make room. Requests for flows are dropped then: the loop asks again after the next login.
public final class PortalConnection implements PortalLink {
    private static final Logger LOG = LoggerFactory.getLogger(PortalConnection.class);
    private static final int WAITING_MAX = 128;

    private final PhoenixClient client;
    private final Consumer<LoopCommand> loop;
    private final Consumer<String> onFatal;
    private final Queue<ClientToPortal> waiting = new ArrayDeque<>(); // guarded by itself
    private boolean joined; // guarded by `waiting`

    /// @param loop takes what the portal says
    /// @param onFatal told why the channel is given up for good
    public PortalConnection(
            Vertx vertx,
            PhoenixOptions options,
            Consumer<LoopCommand> loop,
            Consumer<String> onFatal) {
        this.loop = loop;
        this.onFatal = onFatal;
        client = new PhoenixClient(vertx, options, new Listener());
    }

    public void start() {
        client.start();
    }

    public void close() {
        client.close();
    }

    @Override
    public void createFlow(String resourceId, List<String> connectedGatewayIds) {
        if (isConnected()) {
            transmit(new ClientToPortal.CreateFlow(resourceId, connectedGatewayIds));
        }
    }

    @Override
    public void addCandidates(String gatewayId, List<String> candidates) {
        send(new ClientToPortal.AddCandidates(Candidates.strongestFirst(gatewayId, candidates)));
    }

    @Override
    public void removeCandidates(String gatewayId, List<String> candidates) {
        send(new ClientToPortal.RemoveCandidates(Candidates.strongestFirst(gatewayId, candidates)));
    }

    private void send(ClientToPortal message) {
        synchronized (waiting) {
            if (!joined) {
                if (waiting.size() == WAITING_MAX) {
                    waiting.remove();
                }
                waiting.add(message);
                return;
            }
        }
        transmit(message);
    }

    private void transmit(ClientToPortal message) {
        var event = message.event(ApiVersion.V1);
        var payload = message.payload(ApiVersion.V1);
        switch (message) {
            case ClientToPortal.AddCandidates _, ClientToPortal.RemoveCandidates _ ->
                    client.sendSurely(event, payload);
            default -> client.send(event, payload);
        }
    }

    @Override
    public void reconnect() {
        synchronized (waiting) {
            joined = false;
            waiting.clear();
        }
        client.reconnect();
    }

    @Override
    public boolean isConnected() {
        synchronized (waiting) {
            return joined;
        }
    }

    private final class Listener implements ChannelListener {
        @Override
        public void onJoined() {
            LOG.info("logged in to the portal");
            synchronized (waiting) {
                joined = true;
                waiting.forEach(PortalConnection.this::transmit);
                waiting.clear();
            }
        }

        @Override
        public void onMessage(String event, JsonNode payload) {
            var message = PortalToClient.decode(event, payload);
            if (message instanceof Ignored ignored) {
                LOG.debug("portal message without effect: {}", ignored);
            }
            PortalMessages.translate(message).ifPresent(loop);
        }

        @Override
        public void onDisconnected(String reason) {
            synchronized (waiting) {
                joined = false;
            }
        }

        @Override
        public void onFatal(String reason) {
            onFatal.accept(reason);
        }
    }
}
