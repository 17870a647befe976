package dev.gatehouse.http;

import dev.gatehouse.wire.IpNetwork;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/// All TCP listeners of a process that speak HTTP, with the limits that no caller may forget.
///
/// Connections are judged as they are accepted, before a byte is read or a TLS handshake begins;
/// what is refused costs an accept and a close. A connection that is let in has to send a whole
/// request in [HttpLimits#header], and read its answer. HTTP/1.1 only: nobody needs HTTP/2 here,
/// which would multiply what one connection can ask for.
public final class HttpListeners {
    private static final long SWEEP_MS = 1000;
    private static final int BACKLOG = 4096;

    /// Bytes of a request line: a token, an id of 1,024 characters and a name, all URL-encoded.
    private static final int REQUEST_LINE_MAX = 16 * 1024;

    private static final int HEADERS_MAX = 16 * 1024;

    /// Memory of a connection that sent half of a TLS handshake or of a header.
    private static final long CONNECTION_BYTES = 32 << 10;

    private static final int CONNECTIONS_MIN = 64;

    private final Vertx vertx;
    private final LongSupplier clock;
    private final Map<Integer, Listener> byPort = new ConcurrentHashMap<>();
    private final Map<String, Listener> byName = new TreeMap<>(); // guarded by this
    private MeterRegistry registry; // guarded by this; null until there is one

    /// @param options of the Vert.x instance that listens
    /// @param clock ns
    public HttpListeners(VertxOptions options, LongSupplier clock) {
        this.clock = clock;
        vertx =
                Vertx.builder()
                        .with(options)
                        .withTransport(
                                GuardedTransport.of(
                                        options.getPreferNativeTransport(), this::accept))
                        .build();
        vertx.setPeriodic(SWEEP_MS, _ -> byPort.values().forEach(Listener::handleTimeout));
    }

    /// The instance that listens, for whatever else its process does.
    public Vertx vertx() {
        return vertx;
    }

    /// Options that suit every listener; a caller adds TLS, or what its WebSockets need.
    public static HttpServerOptions options() {
        return new HttpServerOptions()
                .setTcpNoDelay(true)
                .setUseAlpn(false)
                .setHttp2ClearTextEnabled(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setAcceptBacklog(BACKLOG)
                .setMaxInitialLineLength(REQUEST_LINE_MAX)
                .setMaxHeaderSize(HEADERS_MAX);
    }

    /// Where a listener is, and whom it believes.
    ///
    /// @param name the label `listener` of its meters
    /// @param proxies networks of proxies, each connection of which may be another person's
    public record Place(String name, String host, int port, List<IpNetwork> proxies) {}

    /// Opens a listener.
    public Future<HttpServer> listen(
            Place place,
            HttpLimits limits,
            HttpServerOptions options,
            Handler<HttpServerRequest> handler) {
        var listener = new Listener(limits, bearable(), place.proxies(), clock);
        var server = vertx.createHttpServer(options);
        server.requestHandler(request -> handle(listener, request, handler));
        server.invalidRequestHandler(
                request -> {
                    listener.count(HttpRefusal.MALFORMED);
                    HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(request);
                });
        return server.listen(place.port(), place.host())
                .onSuccess(
                        open -> {
                            byPort.put(open.actualPort(), listener);
                            name(place.name(), listener);
                        });
    }

    /// No more than a quarter of the heap and half of the files can go to strangers.
    private static int bearable() {
        long byMemory = Runtime.getRuntime().maxMemory() / 4 / CONNECTION_BYTES;
        long byFiles =
                ManagementFactory.getOperatingSystemMXBean()
                                instanceof com.sun.management.UnixOperatingSystemMXBean unix
                        ? unix.getMaxFileDescriptorCount() / 4
                        : Integer.MAX_VALUE;
        return Math.clamp(Math.min(byMemory, byFiles), CONNECTIONS_MIN, Integer.MAX_VALUE);
    }

    private boolean accept(int port, Channel channel) {
        var listener = byPort.get(port);
        return listener == null || listener.accept(channel);
    }

    private static void handle(
            Listener listener, HttpServerRequest request, Handler<HttpServerRequest> handler) {
        var channel = channel(request.connection());
        if (!listener.request(channel)) {
            return;
        }
        if (hasBody(request)) { // nobody reads one
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            request.response().endHandler(_ -> request.connection().close());
        } else {
            request.response().endHandler(_ -> listener.answered(channel));
        }
        handler.handle(request);
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
                || length != null && !length.equals("0");
    }

    private static Channel channel(HttpConnection connection) {
        return ((HttpServerConnection) connection).channelHandlerContext().channel();
    }

    /// The peer of this connection has shown who it is: its place is a stranger's again, and its
    /// address counts as known when it comes again.
    ///
    /// @param infrastructure whether it is one of those that others depend on
    public static void vouch(HttpConnection connection, boolean infrastructure) {
        Listener.vouch(channel(connection), infrastructure);
    }

    /// Shows what was refused, of listeners that are open and of those that come.
    public synchronized void bindTo(MeterRegistry meters) {
        registry = meters;
        byName.forEach(this::bind);
    }

    private synchronized void name(String name, Listener listener) {
        byName.put(name, listener);
        if (registry != null) {
            bind(name, listener);
        }
    }

    private void bind(String name, Listener listener) {
        Gauge.builder("gatehouse.http.strangers", listener, Listener::connections)
                .description("connections whose peer has not shown who it is")
                .tag("listener", name)
                .register(registry);
        for (var reason : HttpRefusal.values()) {
            FunctionCounter.builder("gatehouse.http.refused", listener, l -> l.refused(reason))
                    .description("connections and requests refused, or closed for their time")
                    .tag("listener", name)
                    .tag("reason", reason.label())
                    .register(registry);
        }
    }

    /// How often this happened, at all listeners.
    public synchronized long refused(HttpRefusal reason) {
        return byName.values().stream().mapToLong(l -> l.refused(reason)).sum();
    }
}
