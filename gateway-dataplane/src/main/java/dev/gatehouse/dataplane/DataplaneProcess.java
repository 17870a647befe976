package dev.gatehouse.dataplane;

import dev.gatehouse.connectivity.Rehearsal;
import dev.gatehouse.dataplane.config.ConfigurationException;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.dataplane.dns.TunnelDnsServer;
import dev.gatehouse.dataplane.gateway.GatewaySnapshot;
import dev.gatehouse.dataplane.handover.EventFeed;
import dev.gatehouse.dataplane.handover.EventReporter;
import dev.gatehouse.dataplane.host.HostGuard;
import dev.gatehouse.dataplane.host.HostTraces;
import dev.gatehouse.dataplane.host.Restored;
import dev.gatehouse.dataplane.rpc.DataplaneRpc;
import dev.gatehouse.dataplane.rpc.RpcSocket;
import dev.gatehouse.dataplane.shard.ClientRoutes;
import dev.gatehouse.dataplane.shard.ClientWatch;
import dev.gatehouse.dataplane.shard.GatewayShard;
import dev.gatehouse.dataplane.shard.ShardCommand;
import dev.gatehouse.dataplane.shard.ShardRouter;
import dev.gatehouse.dataplane.shard.Shards;
import dev.gatehouse.http.HttpListeners;
import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.loop.Shard;
import dev.gatehouse.transport.process.Capabilities;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.process.Termination;
import dev.gatehouse.transport.tun.TunException;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.crypto.Aeads;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Puts the process together: the only place that names real clocks, devices and randomness.
final class DataplaneProcess {
    static final String VERSION = "0.1.0";

    private static final Logger LOG = LoggerFactory.getLogger(DataplaneProcess.class);
    private static final int COMMANDS_MAX = 4096;
    private static final int EVENTS_MAX = 8192;
    private static final int RPC_MESSAGE_BYTES_MAX = 4 << 20;
    private static final Duration WARM_UP_DELAY = Duration.ofSeconds(1);
    private static final Duration END_WAIT = Duration.ofSeconds(3);
    private static final int EXIT_FAILURE = 1;
    private static final int EXIT_CONFIGURATION = 2;

    private final long epoch = new SecureRandom().nextLong() | 1; // never 0
    private final DataplaneConfig config;
    private final RpcSocket socket;
    private final EventFeed feed;
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final CompletableFuture<Integer> resumed = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<TunnelDnsServer> dns = new CompletableFuture<>();
    private final AtomicInteger notResumed; // shards
    private final AtomicInteger notEnded; // shards
    private final AtomicInteger connections = new AtomicInteger(); // that were resumed
    private final HostGuard host;
    private volatile boolean endsForGood;
    private final NameLookup lookups = new NameLookup(this::handleAnswer);
    private final ShardRouter router;
    private final Optional<ClientRoutes> routes; // empty: one shard
    private final Shards shards;

    DataplaneProcess(DataplaneConfig config) throws ConfigurationException {
        this.config = config;
        socket = new RpcSocket(config.rpcSocket(), config.rpcPeerUid());
        int count = config.shards();
        feed = new EventFeed(epoch, EVENTS_MAX, count);
        notResumed = new AtomicInteger(count);
        notEnded = new AtomicInteger(count);
        router = new ShardRouter(count);
        routes = count > 1 ? Optional.of(ClientRoutes.ofDevices(config)) : Optional.empty();
        try {
            var running = new ArrayList<Shards.Running>();
            for (int i = 0; i < count; i++) {
                running.add(shard(i));
            }
            shards = new Shards(running);
            host =
                    new HostGuard(
                            hostSettings(config),
                            this::ensureRoutes,
                            feed::offerHostFault,
                            all -> shards.postAll(new ShardCommand.HostAddresses(all)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Shards.Running shard(int index) throws IOException {
        var poller = new Poller();
        var clock = new MonotonicClock();
        var agent =
                new GatewayShard(
                        new GatewayShard.Surroundings(
                                index,
                                config,
                                poller,
                                clock,
                                new SecureRandom(),
                                Aeads.choose(config.aead()),
                                lookups,
                                routes.map(r -> watch(index, r)).orElse(ClientWatch.NONE),
                                this::onResume,
                                tunnel -> onConfigured(index, tunnel),
                                device -> host.note(device, Restored.DEVICE),
                                this::handleShutdown),
                        new EventReporter(index, feed));
        var loop =
                new Shard<>(
                        "shard-" + index, agent, poller, clock, COMMANDS_MAX, this::handleFailure);
        return new Shards.Running(agent, loop);
    }

    private ClientWatch watch(int shard, ClientRoutes leading) {
        return new ClientWatch() {
            @Override
            public void arrived(String clientId, IpAddress v4, IpAddress v6) {
                router.arrived(shard, clientId);
                leading.place(shard, clientId, v4, v6);
            }

            @Override
            public void gone(String clientId) {
                leading.remove(shard, clientId);
                router.gone(shard, clientId);
            }
        };
    }

    private static HostGuard.Settings hostSettings(DataplaneConfig config) {
        return new HostGuard.Settings(
                config.tunNames(),
                DataplaneConfig.MTU,
                config.masquerade() ? Optional.of(config.packetFilterTable()) : Optional.empty(),
                config.enableForwarding());
    }

    private boolean ensureRoutes() {
        return routes.isPresent() && routes.get().ensure();
    }

    /// The host has these addresses once, on whichever devices.
    private void onConfigured(int shard, GatewaySnapshot.Interface tunnel) {
        var addresses = List.of(tunnel.v4(), tunnel.v6());
        host.configured(config.tunName(shard), addresses);
        if (shard == 0) {
            dns.thenAccept(server -> server.listenOn(addresses));
        }
    }

    private void handleAnswer(NameLookup.Answer answer) {
        shards.post(answer.shard(), new ShardCommand.NameResolved(answer));
    }

    /// A successor needs rules and unreachable routes; an end for good leaves nothing.
    private void handleShutdown(ShardCommand.Shutdown shutdown) {
        if (notEnded.decrementAndGet() > 0) {
            return; // others still say goodbye
        }
        endsForGood = shutdown.goodbye();
        exit.complete(0);
    }

    /// Returns the exit code.
    int run(Termination termination) throws ConfigurationException, InterruptedException {
        dropCapabilities();
        var http =
                new HttpListeners(
                        new VertxOptions().setPreferNativeTransport(true), System::nanoTime);
        var vertx = http.vertx();
        try (var metrics = new Metrics(feed, lookups, shards)) {
            routes.ifPresent(metrics::routes);
            metrics.host(host);
            if (!vertx.isNativeTransportEnabled()) {
                throw new ConfigurationException("Vert.x cannot use epoll on this host");
            }
            shards.start();
            var probes = new ProbeServer(http, shards, host, metrics);
            await(
                    probes.listen(config.httpHost(), config.httpPort()),
                    "cannot serve probes on %s port %d: set GATEHOUSE_DATAPLANE_HTTP to another"
                            .formatted(config.httpHost(), config.httpPort()));
            var server = TunnelDnsServer.ofHost(vertx);
            metrics.dnsServer(server);
            dns.complete(server);
            listenForControlPlane(vertx);
            probes.markStarted();
            Thread.ofPlatform().daemon().name("warm-up").start(() -> warmUp(metrics));
            termination.onSignal(this::stop);
            LOG.info("waiting for the control plane on {}", config.rpcSocket());
            return exit.join();
        } finally {
            host.close();
            shards.close();
            routes.ifPresent(ClientRoutes::close);
            if (endsForGood) {
                HostTraces.remove();
            }
            closeQuietly(vertx);
            lookups.close();
            socket.remove();
            ended.complete(null);
        }
    }

    private static void closeQuietly(Vertx vertx) throws InterruptedException {
        try {
            var closing = vertx.close().toCompletionStage().toCompletableFuture();
            closing.get(END_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Vert.x does not end", e);
        }
    }

    /// Only what the shards' descriptors need stays.
    private static void dropCapabilities() {
        try {
            Capabilities.keepOnly(EnumSet.of(Capabilities.Capability.NET_ADMIN));
        } catch (IOException e) {
            LOG.warn("capabilities stay as they are: {}", e.getMessage());
        }
    }

    private void listenForControlPlane(Vertx vertx) throws ConfigurationException {
        socket.prepare();
        var rpc = new DataplaneRpc(vertx, epoch, VERSION, feed, shards, router);
        var grpc =
                GrpcServer.server(
                        vertx, new GrpcServerOptions().setMaxMessageSize(RPC_MESSAGE_BYTES_MAX));
        grpc.addService(rpc);
        var server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(true));
        server.connectionHandler(
                connection -> {
                    boolean allowed =
                            connection instanceof HttpServerConnection known
                                    && socket.isAllowed(known.channelHandlerContext().channel());
                    if (!allowed) {
                        LOG.warn("refused an RPC connection of another user");
                        connection.close();
                    }
                });
        server.requestHandler(grpc);
        Future<HttpServer> listening =
                server.listen(SocketAddress.domainSocketAddress(config.rpcSocket().toString()));
        await(
                listening,
                "cannot listen on %s: set GATEHOUSE_RPC_SOCKET to another path"
                        .formatted(config.rpcSocket()));
        try {
            socket.protect();
        } catch (IOException e) {
            throw new ConfigurationException(
                    "rpc-socket (GATEHOUSE_RPC_SOCKET) cannot be protected: " + e.getMessage());
        }
    }

    /// Called by each shard.
    private void onResume(int ofShard) {
        int sum = connections.addAndGet(ofShard);
        if (notResumed.decrementAndGet() == 0) {
            setUpHost();
            resumed.complete(sum);
        }
    }

    /// On objects of its own: what is loaded and compiled serves the shards', too. Connections that
    /// were resumed come first.
    private void warmUp(Metrics metrics) {
        try (var aead = Aeads.choose(config.aead())) {
            Thread.sleep(resumed.get() > 0 ? WARM_UP_DELAY : Duration.ZERO);
            new Rehearsal(aead, new SecureRandom()).run();
            aead.warmUp();
            shards.postAll(new ShardCommand.CipherWarm());
            metrics.cipher(aead.name());
            LOG.info("cipher: {}", aead.name());
        } catch (IllegalStateException | ExecutionException e) {
            LOG.error("the cipher stays on its slow path: {}", e.getMessage());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(Future<?> future, String what) throws ConfigurationException {
        try {
            future.toCompletionStage().toCompletableFuture().join();
        } catch (CompletionException e) {
            throw new ConfigurationException("%s (%s)".formatted(what, e.getCause().getMessage()));
        }
    }

    /// Called on a shard's thread: the rest happens on the guard's.
    private void setUpHost() {
        if (config.raiseBufferLimits()) {
            HostSettings.raiseBufferLimits(config.receiveBufferBytes(), config.sendBufferBytes());
        }
        host.start();
    }

    private void handleFailure(Throwable failure) {
        if (failure instanceof TunException) {
            System.err.println("gatehouse dataplane: " + failure.getMessage());
            exit.complete(EXIT_CONFIGURATION);
        } else {
            exit.complete(EXIT_FAILURE);
        }
    }

    /// Goodbye to everybody, then the regular end. Returns the exit code.
    private int stop() {
        if (!exit.isDone()
                && !shards.postAll(new ShardCommand.Shutdown(true, new CompletableFuture<>()))) {
            exit.complete(EXIT_FAILURE);
        }
        try {
            ended.get(END_WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("the end takes too long");
        }
        return exit.getNow(EXIT_FAILURE);
    }
}
