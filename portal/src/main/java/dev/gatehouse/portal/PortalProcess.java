package dev.gatehouse.portal;

import dev.gatehouse.http.HttpLimits;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.portal.api.ApiListener;
import dev.gatehouse.portal.api.ApiToken;
import dev.gatehouse.portal.config.ConfigFile;
import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.hub.PortalHub;
import dev.gatehouse.portal.hub.limit.Limit;
import dev.gatehouse.portal.listener.PublicListener;
import dev.gatehouse.portal.loop.HubLoop;
import dev.gatehouse.portal.loop.PortalMetrics;
import dev.gatehouse.portal.store.PortalStore;
import dev.gatehouse.portal.store.StoreWriter;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpNetwork;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running portal: store, hub loop, both listeners and the watched file.
final class PortalProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PortalProcess.class);
    private static final int MESSAGE_BYTES_MAX = 2 * Limit.MESSAGE_LENGTH_MAX;
    private static final int IDLE_TIMEOUT_S = 320; // longer than that of any channel
    private static final long WATCH_INTERVAL_MS = 1000;
    private static final long STOP_TIMEOUT_S = 5;

    private final PortalConfig config;
    private final ConfigFile file;
    private final StoreWriter writer;
    private final HttpListeners http;
    private final Vertx vertx;
    private final Context context;
    private final HubLoop loop;
    private final PortalMetrics metrics = new PortalMetrics();
    private volatile boolean draining;
    private HttpServer publicServer;
    private HttpServer apiServer;

    private PortalProcess(
            PortalConfig config,
            ConfigFile file,
            PortalHub hub,
            StoreWriter writer,
            MonotonicClock clock) {
        this.config = config;
        this.file = file;
        this.writer = writer;
        this.http =
                new HttpListeners(
                        new VertxOptions()
                                .setPreferNativeTransport(false)
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(2)
                                .setInternalBlockingPoolSize(2),
                        System::nanoTime);
        this.vertx = http.vertx();
        metrics.http(http);
        this.context = ((VertxInternal) vertx).createEventLoopContext();
        this.loop = new HubLoop(vertx, hub, writer, metrics, clock::nowNs);
    }

    /// Reads the file, opens the store and listens.
    ///
    /// @param clock judges expiries; goes on while the host sleeps
    static PortalProcess start(
            PortalConfig config, java.util.random.RandomGenerator random, MonotonicClock clock)
            throws IOException, ConfigMistake, SQLException, PortalStore.StoreLocked, StartFailed {
        var file = new ConfigFile(config.file());
        var directory = file.read();
        var store = PortalStore.open(config.dataDirectory());
        var state = store.load(directory);
        LOG.info(
                "{} devices and {} authorizations are known",
                state.devices().size(),
                state.authorizations().size());
        var hub = new PortalHub(state, random, config.places(), clock.unixOriginNs());
        var writer = new StoreWriter(store, config.dataDirectory());
        var portal = new PortalProcess(config, file, hub, writer, clock);
        try {
            portal.listen();
        } catch (StartFailed e) {
            portal.close();
            throw e;
        }
        return portal;
    }

    /// A listener could not be opened.
    static final class StartFailed extends Exception {
        private static final long serialVersionUID = 1;

        StartFailed(String message, Throwable cause) {
            super(message, cause);
        }
    }

    private void listen() throws IOException, StartFailed {
        String token = new ApiToken(config.dataDirectory(), config.apiToken()).value();
        var publicListener = new PublicListener(loop, metrics, config.proxies(), this::isReady);
        var apiListener = new ApiListener(vertx, loop, writer, config.dataDirectory(), token);
        var peers = new Door("peers", "--listen", config.listen(), config.proxies().networks());
        publicServer = bind(peers, HttpLimits.PEERS, publicOptions(), publicListener::handle);
        var api = new Door("api", "--api-listen", config.apiListen(), List.of());
        apiServer =
                bind(api, HttpLimits.ADMINISTRATION, HttpListeners.options(), apiListener::handle);
        context.runOnContext(
                _ -> {
                    loop.run(PortalHub::handleTimeout);
                    vertx.setPeriodic(WATCH_INTERVAL_MS, _ -> watch());
                });
    }

    private HttpServerOptions publicOptions() {
        var options = webSocketOptions();
        config.tls()
                .ifPresent(
                        tls ->
                                options.setSsl(true)
                                        .setKeyCertOptions(
                                                new PemKeyCertOptions()
                                                        .addCertPath(tls.certificate().toString())
                                                        .addKeyPath(tls.key().toString())));
        return options;
    }

    private static HttpServerOptions webSocketOptions() {
        return HttpListeners.options()
                .setMaxWebSocketFrameSize(MESSAGE_BYTES_MAX)
                .setMaxWebSocketMessageSize(MESSAGE_BYTES_MAX)
                .setIdleTimeout(IDLE_TIMEOUT_S)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
    }

    /// Where a listener is, and the option that says so.
    private record Door(String name, String option, Endpoint address, List<IpNetwork> proxies) {
        HttpListeners.Place place() {
            return new HttpListeners.Place(
                    name, address.address().toString(), address.port(), proxies);
        }
    }

    private HttpServer bind(
            Door door,
            HttpLimits limits,
            HttpServerOptions options,
            Consumer<HttpServerRequest> handler)
            throws StartFailed {
        var bound = io.vertx.core.Promise.<HttpServer>promise();
        context.runOnContext(
                _ -> http.listen(door.place(), limits, options, handler::accept).onComplete(bound));
        try {
            return await(bound.future());
        } catch (ExecutionException | TimeoutException e) {
            throw new StartFailed(
                    "%s %s cannot be opened (%s); is another portal running?"
                            .formatted(door.option(), door.address(), e.getCause()),
                    e);
        }
    }

    private static <T> T await(Future<T> future) throws ExecutionException, TimeoutException {
        try {
            return future.toCompletionStage()
                    .toCompletableFuture()
                    .get(STOP_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ExecutionException(e);
        }
    }

    private boolean isReady() {
        return !draining && writer.isHealthy();
    }

    private void watch() {
        vertx.executeBlocking(this::readChange)
                .onSuccess(
                        change ->
                                change.ifPresent(
                                        directory ->
                                                loop.run(
                                                        (hub, now) ->
                                                                hub.handleDirectory(
                                                                        directory, now))));
    }

    /// A file with a mistake is told once and changes nothing.
    private Optional<Directory> readChange() {
        try {
            var change = file.readIfChanged();
            if (change.isPresent()) {
                metrics.configValid(true);
                LOG.info("{} changed and is in force", file.name());
            }
            return change;
        } catch (ConfigMistake e) {
            metrics.configValid(false);
            LOG.error("refused, the one before stays: {}", e.oneLine(file.name()));
        } catch (IOException e) {
            LOG.debug("cannot read {}", file.name(), e);
        }
        return Optional.empty();
    }

    int publicPort() {
        return publicServer.actualPort();
    }

    int apiPort() {
        return apiServer.actualPort();
    }

    /// Closes the sockets, then writes what waits.
    @Override
    public void close() {
        draining = true;
        try {
            var closed = io.vertx.core.Promise.<Void>promise();
            context.runOnContext(
                    _ -> {
                        loop.closeAll();
                        closed.complete();
                    });
            await(closed.future());
            await(vertx.close());
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the listeners did not close in time", e);
        }
        try {
            writer.close();
        } catch (SQLException | IOException e) {
            LOG.error("the store did not close", e);
        }
    }
}
