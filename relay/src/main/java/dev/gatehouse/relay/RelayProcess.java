package dev.gatehouse.relay;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.client.ChannelListener;
import dev.gatehouse.channel.client.PhoenixClient;
import dev.gatehouse.channel.client.PhoenixOptions;
import dev.gatehouse.channel.client.PortalNetwork;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.login.UserAgent;
import dev.gatehouse.channel.message.RelayJoin;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.session.ReconnectPolicy;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.relay.server.RelayServer;
import dev.gatehouse.relay.server.login.StampSecret;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.loop.Shard;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpAddress.Family;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running relay: one shard with the sockets, a portal channel and an HTTP server.
///
/// UDP is served at once, before and without the portal. Ends on SIGTERM with exit code 0; when the
/// portal refuses it for good or stays away for 24 hours, with 1.
final class RelayProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RelayProcess.class);
    private static final int EADDRINUSE = 98;
    private static final int COMMANDS_MAX = 16;
    private static final long ADDRESSES_PERIOD_MS = 30_000;
    private static final Duration STOP_WAIT = Duration.ofMillis(500);

    private final HttpListeners http;
    private final Vertx vertx;
    private final Shard<Runnable> shard;
    private final RelayAgent agent;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final CompletableFuture<Void> portalJoined = new CompletableFuture<>();
    private final Duration drain;
    private boolean closed; // guarded by this
    private volatile boolean portalConnected;
    private volatile PhoenixClient portal; // null without a portal

    private RelayProcess(RelaySettings settings) throws ConfigurationMistake {
        drain = settings.drain();
        var random = random(settings);
        var secret =
                settings.stampSecret()
                        .map(fixed -> new StampSecret(fixed.value()))
                        .orElseGet(() -> StampSecret.random(random));
        var clock = new MonotonicClock();
        var server = new RelayServer(settings.relay(), secret, random, clock.unixOriginNs());
        warnOfUnreachableAddress(settings, server);
        var poller = poller();
        agent = new RelayAgent(server, poller, settings.bindV4(), settings.bindV6());
        listen(settings);
        shard = new Shard<>("relay-0", agent, poller, clock, COMMANDS_MAX, _ -> exit.complete(1));
        http = new HttpListeners(new VertxOptions(), System::nanoTime);
        vertx = http.vertx();
        startHttp(settings);
        watchOwnAddresses();
        shard.start();
        portalConnected = settings.portal().isEmpty();
        settings.portal().ifPresent(login -> startPortal(login, settings, secret));
    }

    /// @throws ConfigurationMistake if a port or address cannot be had
    static RelayProcess start(RelaySettings settings) throws ConfigurationMistake {
        var process = new RelayProcess(settings);
        LOG.info("relay serves UDP port {}", settings.relay().listenPort());
        return process;
    }

    private static void warnOfUnreachableAddress(RelaySettings settings, RelayServer server) {
        for (var family : Family.values()) {
            var address = settings.relay().publicAddress(family);
            if (address.isPresent() && !server.isReachableNetwork(address.get())) {
                LOG.warn(
                        "the relay's own {} address reaches this host or link only: name the"
                                + " networks of its peers in GATEHOUSE_RELAY_ALLOW_PEER",
                        family == Family.IPV4 ? "IPv4" : "IPv6");
            }
        }
    }

    private static RandomGenerator random(RelaySettings settings) {
        if (settings.seed().isPresent()) {
            LOG.warn("RNG_SEED is set: the secret of this relay is predictable");
            return new SplittableRandom(settings.seed().getAsLong());
        }
        return new SecureRandom();
    }

    private static Poller poller() {
        try {
            return new Poller();
        } catch (IOException e) {
            throw new IllegalStateException("cannot wait for sockets", e);
        }
    }

    private void listen(RelaySettings settings) throws ConfigurationMistake {
        try {
            agent.listen(settings.relay());
        } catch (IOException e) {
            agent.abandon();
            int port = settings.relay().listenPort();
            boolean taken = e instanceof ErrnoException errno && errno.errno() == EADDRINUSE;
            throw new ConfigurationMistake(
                    taken
                            ? "UDP port %d is taken: stop whoever has it, or set LISTEN_PORT"
                                    .formatted(port)
                            : "cannot listen: %s: check BIND_IP4_ADDR, BIND_IP6_ADDR and the host"
                                    .formatted(e.getMessage()));
        }
    }

    private void startHttp(RelaySettings settings) throws ConfigurationMistake {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        new JvmMemoryMetrics().bindTo(registry);
        RelayMetrics.bind(registry, agent);
        http.bindTo(registry);
        try {
            new RelayHttp(registry, () -> portalConnected)
                    .listen(http, settings.health())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException e) {
            agent.abandon();
            vertx.close();
            throw new ConfigurationMistake(
                    "cannot serve HTTP on %s (%s): set HEALTH_CHECK_ADDR to a free address"
                            .formatted(settings.health(), e.getCause().getMessage()));
        }
    }

    /// No client may reach the relay's host through the relay, whatever addresses it gets later.
    private void watchOwnAddresses() {
        agent.postOwnAddresses(shard, HostAddresses.all());
        vertx.setPeriodic(
                ADDRESSES_PERIOD_MS,
                _ ->
                        vertx.executeBlocking(HostAddresses::all)
                                .onSuccess(all -> agent.postOwnAddresses(shard, all)));
    }

    private void startPortal(PortalLogin login, RelaySettings settings, StampSecret secret) {
        var url =
                LoginUrl.relay(
                        login.api(),
                        login.token(),
                        login.name(),
                        settings.relay().publicV4().map(IpAddress::toString),
                        settings.relay().publicV6().map(IpAddress::toString),
                        settings.relay().listenPort());
        var join = new RelayJoin(new Secret(secret.reveal()));
        var options =
                new PhoenixOptions(
                        PeerRole.RELAY,
                        () -> url,
                        userAgent(),
                        Json.MAPPER.valueToTree(join),
                        ReconnectPolicy.daemon(),
                        login.caFile(),
                        PortalNetwork.SYSTEM);
        portal = new PhoenixClient(vertx, options, new PortalListener());
        portal.start();
    }

    private static String userAgent() {
        String osRelease;
        try {
            osRelease = Files.readString(Path.of("/etc/os-release"));
        } catch (IOException _) {
            osRelease = "";
        }
        return UserAgent.of(
                PeerRole.RELAY,
                osRelease,
                System.getProperty("os.arch"),
                System.getProperty("os.version"));
    }

    private final class PortalListener implements ChannelListener {
        @Override
        public void onJoined() {
            portalConnected = true;
            portalJoined.complete(null);
            LOG.info("the portal knows this relay");
        }

        @Override
        public void onMessage(String event, JsonNode payload) {
            LOG.debug("portal says {}", event);
        }

        @Override
        public void onDisconnected(String reason) {
            portalConnected = false;
        }

        @Override
        public void onFatal(String reason) {
            portalConnected = false;
            LOG.error("{}", reason);
            exit.complete(1);
        }
    }

    /// Waits for the portal's first acknowledgement; false if it did not come in time.
    boolean awaitPortal(long wait, TimeUnit unit) throws InterruptedException {
        try {
            portalJoined.get(wait, unit);
            return true;
        } catch (ExecutionException | TimeoutException _) {
            return false;
        }
    }

    /// Waits for the end.
    ///
    /// @return the exit code of the process
    int awaitExit() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Drains where that is asked for, and ends. Returns the exit code of the process. Any thread.
    int stop() {
        if (!exit.isDone() && !drain.isZero()) {
            drain();
        }
        if (exit.complete(0)) {
            LOG.info("relay ends: goodbye");
        }
        close();
        return exit.join();
    }

    /// The portal tells peers that this relay is gone; they have their allocations until they took
    /// others. Returns when none is in use any more, or after the time that was set.
    void drain() {
        LOG.info("relay drains: no new allocations, at most {} s for others", drain.toSeconds());
        portalConnected = false;
        if (portal != null) {
            portal.close();
        }
        try {
            agent.awaitEmpty(shard, drain);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Both a signal and the end of the wait come here: the second waits until the first is done.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (portal != null) {
            portal.close();
        }
        shard.stop();
        try {
            shard.join(STOP_WAIT);
            vertx.close()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(STOP_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Vert.x did not close in time", e);
        }
    }
}
