package dev.gatehouse.channel.client;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.session.ChannelEvent;
import dev.gatehouse.channel.session.ChannelSession;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.security.SecureRandom;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a [ChannelSession] over a Vert.x WebSocket. All methods may be called from any thread; the
/// listener is called on one event loop thread.
public final class PhoenixClient {
    private static final Logger LOG = LoggerFactory.getLogger(PhoenixClient.class);

    private static final int MESSAGE_LENGTH_MAX = 16 << 20;
    private static final long NO_TIMER = -1;
    private static final long ADDRESS_LOOK_MS = 1_000;

    private final Vertx vertx;
    private final Context context;
    private final PhoenixOptions options;
    private final ChannelListener listener;
    private final AddressedSockets sockets; // used on the event loop thread
    private final Dialer dialer;
    private final ChannelSession session;
    private final long originNs = System.nanoTime();

    // owned by the event loop thread
    private WebSocket socket;
    private OutboundFlow outbound = new OutboundFlow();
    private long attempt; // what a superseded attempt brings is closed unread
    private long timerId = NO_TIMER;

    public PhoenixClient(Vertx vertx, PhoenixOptions options, ChannelListener listener) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.options = options;
        this.listener = listener;
        this.sockets = new AddressedSockets(vertx, options.network(), socketOptions(options));
        this.dialer = new Dialer(vertx, options.network());
        this.session =
                new ChannelSession(
                        options.role().topic(),
                        options.joinPayload(),
                        options.policy(),
                        new SecureRandom(),
                        0);
    }

    private static WebSocketClientOptions socketOptions(PhoenixOptions options) {
        var sockets =
                new WebSocketClientOptions()
                        .setMaxFrameSize(MESSAGE_LENGTH_MAX)
                        .setMaxMessageSize(MESSAGE_LENGTH_MAX)
                        .setTcpNoDelay(true)
                        .setVerifyHost(true)
                        .setConnectTimeout(Dialer.TCP_LIMIT_MS);
        options.caFile()
                .ifPresent(
                        file ->
                                sockets.setTrustOptions(
                                        new PemTrustOptions().addCertPath(file.toString())));
        return sockets;
    }

    /// Dials, and keeps the channel up until [#close] or a fatal refusal.
    public void start() {
        context.runOnContext(_ -> onTimer());
    }

    /// Sends a message; it is dropped when there is no connection.
    public void send(String event, JsonNode payload) {
        context.runOnContext(
                _ -> {
                    if (!session.send(event, payload)) {
                        LOG.debug("no portal connection: dropped {}", event);
                    }
                    drain();
                });
    }

    /// Like [#send], and again after the next login unless it is certain that the portal has it.
    public void sendSurely(String event, JsonNode payload) {
        context.runOnContext(
                _ -> {
                    if (!session.sendSurely(event, payload, nowNs())) {
                        LOG.debug("no portal connection: dropped {}", event);
                    }
                    drain();
                });
    }

    /// Connects again at once, with a close frame for the old connection.
    public void reconnect() {
        context.runOnContext(
                _ -> {
                    session.reconnect(nowNs());
                    drain();
                });
    }

    /// Ends the channel with a close frame; the future completes when that is out.
    public Future<Void> close() {
        var done = Promise.<Void>promise();
        context.runOnContext(
                _ -> {
                    session.stop();
                    var last = socket;
                    drain();
                    var closed = last == null ? Future.<Void>succeededFuture() : last.close();
                    closed.otherwiseEmpty().onComplete(_ -> endSockets(done));
                });
        return done.future();
    }

    private void endSockets(Promise<Void> done) {
        Runnable end =
                () -> {
                    sockets.close();
                    done.complete();
                };
        if (!handOver(end)) {
            end.run();
        }
    }

    /// Runs on our event loop what a socket's has for it. Returns false if ours has ended: nobody
    /// is left to be told.
    private boolean handOver(Runnable action) {
        try {
            context.runOnContext(_ -> action.run());
            return true;
        } catch (RejectedExecutionException _) {
            return false;
        }
    }

    private void onTimer() {
        timerId = NO_TIMER;
        session.handleTimeout(nowNs());
        drain();
    }

    private void drain() {
        transmitAll();
        for (var event = session.pollEvent(); event != null; event = session.pollEvent()) {
            execute(event);
            transmitAll();
        }
        armTimer();
    }

    private void transmitAll() {
        for (var text = session.pollTransmit(); text != null; text = session.pollTransmit()) {
            if (socket != null && outbound.isFull()) {
                session.handleStalled(nowNs());
            } else if (socket != null) {
                outbound.write(socket, text);
            }
        }
    }

    private void execute(ChannelEvent event) {
        switch (event) {
            case ChannelEvent.Dial _ -> dial();
            case ChannelEvent.HangUp _ -> hangUp();
            case ChannelEvent.Joined _ -> listener.onJoined();
            case ChannelEvent.Message(var name, var payload) -> listener.onMessage(name, payload);
            case ChannelEvent.RequestRefused(var reason) ->
                    LOG.debug("the portal refused a request: {}", reason);
            case ChannelEvent.Disconnected(var reason, long retryInNs) -> {
                LOG.warn(
                        "portal: {}; next attempt in {} ms",
                        reason,
                        TimeUnit.NANOSECONDS.toMillis(retryInNs));
                listener.onDisconnected(reason);
            }
            case ChannelEvent.Fatal(var reason) -> listener.onFatal(reason);
        }
    }

    private void armTimer() {
        if (timerId != NO_TIMER) {
            vertx.cancelTimer(timerId);
            timerId = NO_TIMER;
        }
        long atNs = session.pollTimeout();
        if (atNs != ChannelSession.NEVER) {
            long waitMs = TimeUnit.NANOSECONDS.toMillis(atNs - nowNs()) + 1;
            timerId = vertx.setTimer(Math.max(1, waitMs), _ -> onTimer());
        }
    }

    private void dial() {
        long own = ++attempt;
        var login = options.login().get();
        LOG.debug("dialling {}", login);
        dialer.reach(login.host(), login.port())
                .compose(address -> connect(own, login, address))
                .onComplete(
                        opened -> {
                            listen(own, opened);
                            handOver(() -> onOpened(own, opened));
                        },
                        failure -> handOver(() -> onOpenFailed(own, failure)));
    }

    private Future<WebSocket> connect(long own, LoginUrl login, SocketAddress address) {
        return own == attempt
                ? sockets.connect(connectOptions(login), address.host())
                : Future.failedFuture("superseded");
    }

    private WebSocketConnectOptions connectOptions(LoginUrl login) {
        var connect =
                new WebSocketConnectOptions()
                        .setHost(login.host())
                        .setPort(login.port())
                        .setSsl(login.isTls())
                        .setURI(login.requestTarget())
                        .setAllowOriginHeader(false);
        connect.putHeader(HttpHeaders.HOST, login.hostHeader());
        connect.putHeader(HttpHeaders.USER_AGENT, options.userAgent());
        connect.putHeader("X-Authorization", login.authorization());
        return connect;
    }

    /// What the socket brings, on its own event loop, is handled on ours in the same order.
    private void listen(long own, WebSocket opened) {
        var inbound = new InboundFlow(vertx.getOrCreateContext(), opened);
        opened.textMessageHandler(
                text -> {
                    inbound.handleIn();
                    handOver(
                            () -> {
                                onText(own, text);
                                inbound.handleDone();
                            });
                });
        opened.frameHandler(frame -> handleClose(own, frame));
        opened.exceptionHandler(failure -> LOG.debug("portal socket: {}", failure.toString()));
        opened.closeHandler(_ -> handOver(() -> onClosed(own)));
    }

    /// A close frame ends the connection; its sender may let the TCP connection stand for long.
    private void handleClose(long own, WebSocketFrame frame) {
        if (frame.isClose()) {
            handOver(() -> onClosed(own));
        }
    }

    private void onOpened(long own, WebSocket opened) {
        if (own != attempt) {
            opened.close();
            return;
        }
        socket = opened;
        outbound = new OutboundFlow();
        watchAddress(own, opened);
        session.handleConnected(nowNs());
        drain();
        if (opened.isClosed()) {
            onClosed(own); // it may have ended before it was ours
        }
    }

    /// Nothing tells a TCP connection that the host has lost its address: it would be repeated into
    /// the void until the heartbeats are given up.
    private void watchAddress(long own, WebSocket opened) {
        vertx.setPeriodic(
                ADDRESS_LOOK_MS,
                timer -> {
                    if (own != attempt || socket != opened) {
                        vertx.cancelTimer(timer);
                    } else if (!LocalAddress.isOurs(opened.localAddress())) {
                        session.reconnect("the host has lost its address", nowNs());
                        drain();
                    }
                });
    }

    private void onText(long own, String text) {
        if (own == attempt) {
            session.handleText(text, nowNs());
            drain();
        }
    }

    private void onClosed(long own) {
        if (own == attempt) {
            socket = null;
            session.handleClosed("the connection ended", nowNs());
            drain();
        }
    }

    private void onOpenFailed(long own, Throwable failure) {
        if (own != attempt) {
            return;
        }
        if (failure instanceof UpgradeRejectedException refusal) {
            session.handleRefused(refusal.getStatus(), retryAfter(refusal), nowNs());
        } else if (isCertificateFailure(failure)) {
            session.handleUntrusted(rootMessage(failure), nowNs());
        } else {
            session.handleClosed("cannot connect: " + rootMessage(failure), nowNs());
        }
        drain();
    }

    private static OptionalLong retryAfter(UpgradeRejectedException refusal) {
        var headers = refusal.getHeaders();
        var header = headers == null ? null : headers.get(HttpHeaders.RETRY_AFTER);
        return RetryAfter.parseNs(header, Clock.systemUTC().instant());
    }

    private static boolean isCertificateFailure(Throwable failure) {
        return causes(failure)
                .anyMatch(
                        cause ->
                                cause instanceof CertificateException
                                        || cause instanceof CertPathValidatorException);
    }

    private static String rootMessage(Throwable failure) {
        var root = causes(failure).reduce((_, next) -> next).orElse(failure);
        return root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
    }

    private static Stream<Throwable> causes(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(16);
    }

    private void hangUp() {
        attempt++;
        if (socket != null) {
            socket.close();
            socket = null;
        }
    }

    private long nowNs() {
        return System.nanoTime() - originNs;
    }
}
