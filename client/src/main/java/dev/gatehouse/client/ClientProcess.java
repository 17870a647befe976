package dev.gatehouse.client;

import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.client.PhoenixOptions;
import dev.gatehouse.channel.login.LoginUrl;
import dev.gatehouse.channel.login.UserAgent;
import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.channel.session.ReconnectPolicy;
import dev.gatehouse.client.dns.TcpDns;
import dev.gatehouse.client.host.ClientTun;
import dev.gatehouse.client.host.HostNetwork;
import dev.gatehouse.client.loop.ClientAgent;
import dev.gatehouse.client.loop.LoopCommand;
import dev.gatehouse.client.marked.MarkedNetwork;
import dev.gatehouse.client.portal.PortalConnection;
import dev.gatehouse.client.resolver.KeptResolver;
import dev.gatehouse.client.status.StatusServer;
import dev.gatehouse.connectivity.Rehearsal;
import dev.gatehouse.transport.host.ClientNetwork;
import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.loop.Shard;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.process.ServiceManager;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.crypto.Aeads;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running client: one loop with TUN and sockets, a portal channel, a status socket.
///
/// Ends with 0 on SIGTERM or SIGINT, after a goodbye to every gateway; with 1 when the portal
/// refuses it for good. SIGHUP connects anew with another key pair.
final class ClientProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientProcess.class);
    private static final int COMMANDS_MAX = 4096;
    private static final Duration GOODBYE_WAIT = Duration.ofSeconds(1);

    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private boolean closed; // guarded by this
    private final AtomicReference<String> publicKey = new AtomicReference<>("");
    private final KeptResolver resolver;
    private final MarkedNetwork network;
    private final Vertx vertx;
    private final Shard<LoopCommand> shard;
    private final PortalConnection portal;
    private final TcpDns tcpDns;
    private StatusServer status;

    private ClientProcess(ClientSettings settings) throws IOException, ConfigurationMistake {
        // first: what follows would disturb another client
        var tun = ClientTun.open(settings.tunName(), settings.packets().offloads());
        resolver =
                KeptResolver.open(
                        settings.dnsControl(),
                        settings.resolvConf(),
                        tun.name(),
                        this::tellServers,
                        () -> handleUp(settings));
        network = new MarkedNetwork();
        var buffers = settings.buffers();
        if (buffers.raiseLimits()) {
            HostSettings.raiseBufferLimits(buffers.receiveBytes(), buffers.sendBytes());
        }
        var aead = chooseAead(settings);
        var poller = new Poller();
        var clock = new MonotonicClock();
        var agent =
                new ClientAgent(
                        new ClientAgent.Settings(
                                settings.internetActive(),
                                settings.packets().offloads(),
                                buffers.sendBytes(),
                                buffers.receiveBytes(),
                                settings.dnsControl()),
                        new ClientAgent.Surroundings(
                                tun,
                                new HostNetwork(
                                        new ClientNetwork(
                                                tun.name(),
                                                ClientTun.MTU,
                                                settings.statusSocket()
                                                        .resolveSibling("rp_filter")),
                                        resolver.keeper()),
                                poller,
                                clock,
                                aead,
                                publicKey::set));
        shard = new Shard<>("client-0", agent, poller, clock, COMMANDS_MAX, _ -> exit.complete(1));
        vertx = network.open(new VertxOptions());
        portal =
                new PortalConnection(
                        vertx,
                        phoenixOptions(settings).withNetwork(network),
                        this::post,
                        this::fail);
        tcpDns =
                new TcpDns(
                        query -> shard.postChatter(new LoopCommand.DnsQuery(query)),
                        (ticket, answer) ->
                                shard.postChatter(new LoopCommand.DnsAnswer(ticket, answer)));
        agent.use(portal, tcpDns, shard::refusedCommands);
    }

    /// A gateway may send any number of candidates: they take the room of nothing else.
    private boolean post(LoopCommand command) {
        return switch (command) {
            case LoopCommand.AddCandidates _, LoopCommand.RemoveCandidates _ ->
                    shard.postChatter(command);
            default -> shard.post(command);
        };
    }

    /// @throws ConfigurationMistake if the TUN cannot be had
    static ClientProcess start(ClientSettings settings) throws ConfigurationMistake {
        try {
            var process = new ClientProcess(settings);
            process.begin(settings);
            return process;
        } catch (IOException e) {
            throw new ConfigurationMistake("cannot start: " + e.getMessage());
        }
    }

    private void begin(ClientSettings settings) {
        shard.start();
        resolver.keeper().start();
        portal.start();
        Thread.ofPlatform().daemon().name("client-rehearsal").start(() -> rehearse(settings));
        try {
            status =
                    new StatusServer(
                            settings.statusSocket(),
                            answer -> shard.post(new LoopCommand.Status(answer)));
        } catch (IOException e) {
            LOG.warn("`client status` will not work: {}", e.getMessage());
        }
        Signals.onHangup(() -> shard.post(new LoopCommand.Reset()));
    }

    /// On objects of its own: what is loaded and compiled serves the loop, too.
    private void rehearse(ClientSettings settings) {
        try (var aead = Aeads.choose(settings.packets().aead())) {
            new Rehearsal(aead, new SecureRandom()).run();
            aead.warmUp();
            shard.post(new LoopCommand.CipherWarm());
            LOG.info("cipher: {}", aead.name());
        } catch (IllegalStateException e) {
            LOG.error("the cipher stays on its slow path: {}", e.getMessage());
        }
    }

    private static Aead chooseAead(ClientSettings settings) throws ConfigurationMistake {
        try {
            return Aeads.choose(settings.packets().aead());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationMistake("GATEHOUSE_AEAD: " + e.getMessage());
        }
    }

    private PhoenixOptions phoenixOptions(ClientSettings settings) {
        var machine = Machine.read(Machine.FIRMWARE);
        return PhoenixOptions.tunnelPeer(
                        PeerRole.CLIENT,
                        () ->
                                LoginUrl.tunnelPeer(
                                                settings.api(),
                                                PeerRole.CLIENT,
                                                settings.token(),
                                                settings.externalId(),
                                                settings.name(),
                                                publicKey.get())
                                        .withMachine(machine.serial(), machine.uuid()),
                        userAgent(),
                        ReconnectPolicy.withBudget(settings.partitionMax()))
                .withCaFile(settings.caFile());
    }

    private static String userAgent() {
        String osRelease;
        try {
            osRelease = Files.readString(Path.of("/etc/os-release"));
        } catch (IOException _) {
            osRelease = "";
        }
        return UserAgent.of(
                PeerRole.CLIENT,
                osRelease,
                System.getProperty("os.arch"),
                System.getProperty("os.version"));
    }

    private boolean tellServers(List<IpAddress> servers) {
        network.use(servers);
        return shard.post(new LoopCommand.SystemResolvers(servers));
    }

    private void handleUp(ClientSettings settings) {
        LOG.info("the client is up");
        ServiceManager.notifyReady();
        if (settings.exitOnceUp()) {
            exit.complete(0);
        }
    }

    private void fail(String reason) {
        LOG.error("{}", reason);
        exit.complete(1);
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

    /// Ends, after a goodbye. Returns the exit code of the process. Any thread.
    int stop() {
        exit.complete(0);
        close();
        return exit.join();
    }

    /// Both the signal and the end of the wait come here: the second waits until the first is done,
    /// or the process would halt with resolv.conf not restored.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (status != null) {
            status.close();
        }
        try {
            var said = new CompletableFuture<Void>();
            if (shard.post(new LoopCommand.Goodbye(said))) {
                said.get(GOODBYE_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no goodbye: {}", e.toString());
        }
        portal.close();
        shard.close();
        resolver.close();
        tcpDns.close();
        vertx.close();
        network.close();
        LOG.info("the client has ended");
    }
}
