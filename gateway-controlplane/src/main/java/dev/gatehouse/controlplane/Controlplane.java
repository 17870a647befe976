package dev.gatehouse.controlplane;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.client.ChannelListener;
import dev.gatehouse.channel.client.PhoenixClient;
import dev.gatehouse.channel.client.PhoenixOptions;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.channel.message.PortalToGateway;
import dev.gatehouse.channel.session.ReconnectPolicy;
import dev.gatehouse.controlplane.flow.CommandResult;
import dev.gatehouse.controlplane.flow.FlowAction;
import dev.gatehouse.controlplane.flow.FlowStatus;
import dev.gatehouse.controlplane.flow.GatewayFlow;
import dev.gatehouse.rpc.Event;
import dev.gatehouse.transport.process.MonotonicClock;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a [GatewayFlow] between the portal and the data plane. Everything happens on one event loop
/// thread; [#status] may be read from any.
final class Controlplane implements DataplaneListener, ChannelListener {
    private static final Logger LOG = LoggerFactory.getLogger(Controlplane.class);

    private static final long NO_TIMER = -1;

    private final Vertx vertx;
    private final Context context;
    private final ControlplaneConfig config;
    private final String userAgent;
    private final Consumer<String> fatal;
    private final DataplaneLink dataplane;
    private final GatewayFlow flow;
    private final MonotonicClock clock;

    private PhoenixClient portal; // null until the public key is known
    private String publicKey = "";
    private long epoch;
    private long timerId = NO_TIMER;
    private volatile FlowStatus status;

    /// @param clock judges expiries, which the portal gives in unix time
    /// @param fatal told the reason when the portal refuses us for good
    Controlplane(
            Vertx vertx,
            ControlplaneConfig config,
            MonotonicClock clock,
            String userAgent,
            Consumer<String> fatal) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.config = config;
        this.clock = clock;
        this.userAgent = userAgent;
        this.fatal = fatal;
        this.flow = new GatewayFlow(clock.unixOriginNs());
        this.status = flow.status();
        this.dataplane = new DataplaneLink(vertx, context, config.rpcSocket(), this);
    }

    void start() {
        context.runOnContext(_ -> dataplane.start());
    }

    FlowStatus status() {
        return status;
    }

    /// Leaves the portal with a close frame and, unless told otherwise, asks the data plane to say
    /// goodbye to its clients.
    Future<Void> stop() {
        var done = Promise.<Void>promise();
        context.runOnContext(
                _ -> {
                    var left = portal == null ? Future.<Void>succeededFuture() : portal.close();
                    var gone = leaveDataplane();
                    Future.join(left, gone).<Void>mapEmpty().otherwiseEmpty().onComplete(done);
                });
        return done.future();
    }

    private Future<Void> leaveDataplane() {
        if (config.leaveDataplane() || epoch == 0) {
            dataplane.close();
            return Future.succeededFuture();
        }
        return dataplane.shutdown(epoch);
    }

    // ---- data plane

    @Override
    public void onDataplaneUp(long newEpoch, boolean resumed) {
        epoch = newEpoch;
        flow.handleDataplaneUp(newEpoch, resumed, nowNs());
        drain();
    }

    @Override
    public void onResumed() {
        flow.handleResumed();
        drain();
    }

    @Override
    public void onDataplaneEvent(Event event) {
        if (event.getEpoch() == epoch) {
            flow.handleDataplaneEvent(event, nowNs());
            drain();
        }
    }

    @Override
    public void onCommandDone(CommandResult result) {
        flow.handleCommandDone(result, nowNs());
        drain();
    }

    @Override
    public void onDataplaneDown(String reason) {
        flow.handleDataplaneDown();
        drain();
    }

    // ---- portal; its thread may be another one

    @Override
    public void onJoined() {
        LOG.info("joined the portal");
        onContext(() -> flow.handlePortalJoined(nowNs()));
    }

    @Override
    public void onMessage(String event, JsonNode payload) {
        var message = PortalToGateway.decode(event, payload);
        if (message instanceof dev.gatehouse.channel.message.Ignored(var name, var reason)) {
            LOG.warn("ignored {} of the portal: {}", name, reason);
        }
        onContext(() -> flow.handlePortalMessage(message, nowNs()));
    }

    @Override
    public void onDisconnected(String reason) {
        onContext(flow::handlePortalDown);
    }

    @Override
    public void onFatal(String reason) {
        fatal.accept(reason);
    }

    private void onContext(Runnable work) {
        context.runOnContext(
                _ -> {
                    work.run();
                    drain();
                });
    }

    // ---- actions

    private void drain() {
        for (var action = flow.pollAction(); action != null; action = flow.pollAction()) {
            execute(action);
        }
        status = flow.status();
        armTimer();
    }

    private void execute(FlowAction action) {
        switch (action) {
            case FlowAction.Resume(long to, var parts) -> dataplane.resume(to, parts);
            case FlowAction.OpenEvents(long to) -> dataplane.openEvents(to);
            case FlowAction.Execute(long to, var command) -> dataplane.execute(to, command);
            case FlowAction.LogIn(var key) -> logIn(key);
            case FlowAction.SendToPortal(var message) -> sendToPortal(message);
            case FlowAction.ReconnectPortal(var reason) -> {
                LOG.info("connecting to the portal again: {}", reason);
                portal.reconnect();
            }
        }
    }

    /// Nothing makes up for candidates that are lost: they are sent so that they arrive.
    private void sendToPortal(GatewayToPortal message) {
        var event = message.event(ApiVersion.V1);
        var payload = message.payload(ApiVersion.V1);
        switch (message) {
            case GatewayToPortal.AddCandidates _, GatewayToPortal.RemoveCandidates _ ->
                    portal.sendSurely(event, payload);
            default -> portal.send(event, payload);
        }
    }

    private void logIn(String key) {
        publicKey = key;
        if (portal != null) {
            portal.reconnect();
            return;
        }
        var options =
                PhoenixOptions.tunnelPeer(
                                PeerRole.GATEWAY,
                                this::loginUrl,
                                userAgent,
                                ReconnectPolicy.withBudget(config.maxPartition()))
                        .withCaFile(config.caFile());
        portal = new PhoenixClient(vertx, options, this);
        portal.start();
    }

    private LoginUrl loginUrl() {
        return LoginUrl.tunnelPeer(
                config.apiUrl(),
                PeerRole.GATEWAY,
                config.token(),
                config.externalId(),
                config.name(),
                publicKey);
    }

    private void armTimer() {
        if (timerId != NO_TIMER) {
            vertx.cancelTimer(timerId);
            timerId = NO_TIMER;
        }
        long atNs = flow.pollTimeout();
        if (atNs != GatewayFlow.NEVER) {
            long waitMs = TimeUnit.NANOSECONDS.toMillis(atNs - nowNs()) + 1;
            timerId = vertx.setTimer(Math.max(1, waitMs), _ -> onTimer());
        }
    }

    private void onTimer() {
        timerId = NO_TIMER;
        flow.handleTimeout(nowNs());
        drain();
    }

    private long nowNs() {
        return clock.nowNs();
    }
}
