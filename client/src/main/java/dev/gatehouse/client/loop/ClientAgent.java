package dev.gatehouse.client.loop;

import dev.gatehouse.client.dns.HostDns;
import dev.gatehouse.client.dns.TcpDns;
import dev.gatehouse.client.host.ClientTun;
import dev.gatehouse.client.host.HostNetwork;
import dev.gatehouse.client.host.HostV6;
import dev.gatehouse.client.resolver.DnsControl;
import dev.gatehouse.client.state.ClientState;
import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.connectivity.NodeEvent;
import dev.gatehouse.connectivity.peer.CandidateChanges;
import dev.gatehouse.transport.host.RouteMonitor;
import dev.gatehouse.transport.loop.Agent;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.loop.Settling;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.udp.LocalAddresses;
import dev.gatehouse.transport.udp.UdpSocket;
import dev.gatehouse.wire.DatagramBatch;
import dev.gatehouse.wire.PacketBatch;
import dev.gatehouse.wireguard.crypto.Aead;
import dev.gatehouse.wireguard.key.KeyPair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The client's loop: moves packets between TUN, state, tunnels and sockets, on one thread.
public final class ClientAgent implements Agent<LoopCommand> {
    private static final Logger LOG = LoggerFactory.getLogger(ClientAgent.class);
    private static final int RECEIVES_PER_TURN_MAX = 8;
    private static final int READS_PER_TURN_MAX = 4;
    private static final int PACKETS_PER_READ_MAX = 144; // three full sends
    private static final long RELAY_PATIENCE_NS = Duration.ofSeconds(10).toNanos();

    /// What the user has set.
    ///
    /// @param offloads whether packets move in batches between kernel and process, where it can
    /// @param sendBytes of socket buffers, as is the next one
    /// @param dnsControl how the host's resolver is told whom to ask
    public record Settings(
            boolean internetActive,
            boolean offloads,
            int sendBytes,
            int receiveBytes,
            DnsControl dnsControl) {}

    /// What the loop is given besides its settings.
    ///
    /// @param onKeyPair told the public key before each login, as base64
    public record Surroundings(
            LinuxTun tun,
            HostNetwork network,
            Poller poller,
            MonotonicClock clock,
            Aead aead,
            Consumer<String> onKeyPair) {}

    /// What needs the loop to be made.
    ///
    /// @param refusedCommands commands so far for which there was no room
    record Links(PortalLink portal, TcpDns tcpDns, LongSupplier refusedCommands) {}

    private final Settings settings;
    private final Surroundings surroundings;
    private final SecureRandom random = new SecureRandom();
    private final LinuxTun tun;
    private final PacketBatch fromTun;
    private final DatagramBatch received = UdpSocket.newBatch();
    private final ClientSockets sockets;
    private final NodeTunnels tunnels;
    private final ClientState state;
    private final HostDns hostDns;
    private final StatusReport report;
    private final RouteMonitor routes;
    private final Settling settling = new Settling();
    private final CandidateChanges candidates = new CandidateChanges();
    private Node node;
    private Links links;
    private long relaysAskedAtNs = -RELAY_PATIENCE_NS;

    public ClientAgent(Settings settings, Surroundings surroundings) throws IOException {
        this.settings = settings;
        this.surroundings = surroundings;
        tun = surroundings.tun;
        fromTun = LinuxTun.newBatch(PACKETS_PER_READ_MAX, ClientTun.MTU);
        sockets = new ClientSockets(surroundings.poller);
        tunnels = new NodeTunnels(tun, this::transmitAll);
        state = new ClientState(tunnels, settings.internetActive());
        hostDns = new HostDns(surroundings.poller, random, state);
        report = new StatusReport(state, hostDns, surroundings.network, settings.dnsControl);
        routes = new RouteMonitor();
        makeNode();
    }

    /// Must be called before the loop starts.
    public void use(PortalLink link, TcpDns dns, LongSupplier refused) {
        links = new Links(link, dns, refused);
    }

    private void makeNode() {
        var keys = KeyPair.generate(random);
        var origin = surroundings.clock.unixOriginNs();
        node = new Node(NodeConfig.client(keys, surroundings.aead, origin), random);
        tunnels.use(node);
        surroundings.onKeyPair.accept(keys.publicKey().toBase64());
    }

    @Override
    public void start(long nowNs) throws IOException {
        openSockets();
        surroundings.poller.add(tun.fd());
        surroundings.poller.add(routes.fd());
    }

    private void openSockets() throws IOException {
        sockets.open(settings);
    }

    @Override
    public void handleCommand(LoopCommand command, long nowNs) throws IOException {
        switch (command) {
            case LoopCommand.Init(var tunnel, var resources, var relays) -> {
                node.updateRelays(new TreeSet<>(), relays, nowNs);
                state.handleInit(tunnel, resources, nowNs);
            }
            case LoopCommand.InterfaceChanged(var tunnel) -> state.handleInterface(tunnel);
            case LoopCommand.ResourceChanged(var resource) -> state.handleResource(resource, nowNs);
            case LoopCommand.ResourceDeleted(var id) -> state.handleResourceDeleted(id, nowNs);
            case LoopCommand.Relays(var removed, var added) ->
                    node.updateRelays(removed, added, nowNs);
            case LoopCommand.FlowCreated(var flow) -> handleFlow(flow, nowNs);
            case LoopCommand.FlowRefused(var id, var reason) -> {
                LOG.debug("no flow for {}: {}", id, reason);
                state.handleFlowRefused(id, reason, nowNs);
            }
            case LoopCommand.AddCandidates(var gateway, var texts) ->
                    node.addRemoteCandidates(gateway, texts, nowNs);
            case LoopCommand.RemoveCandidates(var gateway, var texts) ->
                    node.removeRemoteCandidates(gateway, texts, nowNs);
            case LoopCommand.SystemResolvers(var servers) -> state.handleSystemResolvers(servers);
            case LoopCommand.DnsQuery(var query) -> state.handleTcpQuery(query, nowNs);
            case LoopCommand.DnsAnswer(long ticket, var answer) ->
                    answer.ifPresentOrElse(
                            bytes -> state.handleDnsResponse(ticket, bytes, nowNs),
                            () -> state.handleDnsFailure(ticket));
            case LoopCommand.CipherWarm() -> surroundings.aead.handleWarmedUp();
            case LoopCommand.Reset _ -> reset(nowNs);
            case LoopCommand.Goodbye(var done) -> {
                state.shutdown(nowNs);
                drain(nowNs);
                done.complete(null);
            }
            case LoopCommand.Status(var answer) -> answer.complete(report.make(node, links));
        }
        drain(nowNs);
    }

    private void handleFlow(Flow flow, long nowNs) {
        try {
            state.handleFlow(flow, nowNs);
        } catch (IllegalArgumentException e) { // keys or credentials that are none
            LOG.warn("the portal sent a flow that cannot be used: {}", e.getMessage());
        }
    }

    private void reset(long nowNs) throws IOException {
        LOG.info("the network has changed: connecting anew");
        state.reset(nowNs);
        drain(nowNs);
        candidates.clear();
        makeNode();
        sockets.close();
        openSockets();
        links.portal.reconnect();
    }

    @Override
    public void handleTimeout(long nowNs) throws IOException {
        node.handleTimeout(nowNs);
        if (settling.isDue(nowNs)) {
            var gone = node.hostAddresses().stream().filter(a -> !LocalAddresses.has(a)).toList();
            node.handleNetworkChange(gone, nowNs);
        }
        hostDns.handleTimeout(nowNs);
        state.handleTimeout(nowNs);
        drain(nowNs);
    }

    @Override
    public long pollTimeout() {
        var dns = Math.min(hostDns.pollTimeout(), state.pollTimeout());
        return Math.min(Math.min(node.pollTimeout(), settling.pollTimeout()), dns);
    }

    @Override
    public int doWork(long nowNs) throws IOException {
        int work = receive(nowNs) + readTun(nowNs) + hostDns.receive(nowNs);
        if (work > 0) {
            drain(nowNs);
        }
        sockets.flush();
        if (routes.hasChanged()) {
            settling.handleChange(nowNs);
        }
        return work;
    }

    private int receive(long nowNs) throws IOException {
        int work = 0;
        for (var socket : sockets.all()) {
            for (int turn = 0; turn < RECEIVES_PER_TURN_MAX; turn++) {
                int count = socket.receive(received);
                if (count == 0) {
                    break;
                }
                node.handleDatagrams(received, state::handlePlaintexts, nowNs);
                drain(nowNs);
                work += count;
            }
        }
        return work;
    }

    private int readTun(long nowNs) throws IOException {
        int work = 0;
        for (int turn = 0; turn < READS_PER_TURN_MAX; turn++) {
            int count = tun.read(fromTun);
            if (count == 0) {
                break;
            }
            state.handleTunPackets(fromTun, nowNs);
            drain(nowNs);
            work += count;
        }
        return work;
    }

    /// Carries out everything that the last change led to.
    private void drain(long nowNs) throws IOException {
        boolean busy = true;
        while (busy) {
            tunnels.closeForgotten(nowNs);
            transmitAll();
            busy = false;
            for (var event = node.pollEvent(); event != null; event = node.pollEvent()) {
                handle(event, nowNs);
                busy = true;
            }
            for (var event = state.pollEvent(); event != null; event = state.pollEvent()) {
                handle(event, nowNs);
                busy = true;
            }
        }
        candidates.drainTo(this::tellCandidates);
    }

    private void tellCandidates(String gateway, List<String> added, List<String> removed) {
        if (!added.isEmpty()) {
            links.portal.addCandidates(gateway, added);
        }
        if (!removed.isEmpty()) {
            links.portal.removeCandidates(gateway, removed);
        }
    }

    private void transmitAll() {
        try {
            for (var t = node.pollTransmit(); t != null; t = node.pollTransmit()) {
                sockets.send(t);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(NodeEvent event, long nowNs) {
        switch (event) {
            case NodeEvent.LocalCandidate(var gateway, var sdp) -> candidates.add(gateway, sdp);
            case NodeEvent.LocalCandidateGone(var gateway, var sdp) ->
                    candidates.remove(gateway, sdp);
            case NodeEvent.Connected(var gateway) -> state.handleConnected(gateway);
            case NodeEvent.PathChanged(var gateway, var path) ->
                    LOG.info("gateway {} is reached by {}", gateway, path.kind());
            case NodeEvent.Failed(var gateway, var reason) -> {
                LOG.info("lost gateway {}: {}", gateway, reason.text());
                state.handleDisconnected(gateway, nowNs);
            }
            case NodeEvent.RelayReady(var relay) -> LOG.debug("relay {} is ready", relay);
            case NodeEvent.LongDatagramsLost(var remote) -> sockets.handleLongOnesLost(remote);
            case NodeEvent.NoRelays _ -> obtainRelays(nowNs);
        }
    }

    private void handle(ClientEvent event, long nowNs) throws IOException {
        switch (event) {
            case ClientEvent.CreateFlow(var resource, var gateways) ->
                    links.portal.createFlow(resource, gateways);
            case ClientEvent.ConfigureTun(var config) -> {
                surroundings.network.apply(config);
                state.handleHostV6(HostV6.isOn(tun.name(), HostV6.ADDRESSES));
                links.tcpDns.listenOn(List.of(config.ipv4(), config.ipv6()));
            }
            case ClientEvent.ForwardQuery(long ticket, var server, var query) ->
                    hostDns.ask(ticket, server, query, nowNs);
            case ClientEvent.ForwardTcpQuery(
                            long ticket,
                            var server,
                            boolean throughTunnel,
                            var query) ->
                    links.tcpDns.ask(ticket, server, throughTunnel, query);
            case ClientEvent.ResourcesChanged _ -> surroundings.network.handleResourcesChanged();
            case ClientEvent.Left(var gateway, var cause) ->
                    LOG.info("left gateway {}: {}", gateway, cause);
            case ClientEvent.NeedRelays _ -> obtainRelays(nowNs);
        }
    }

    /// A login brings the list of relays; not too often, as portals limit logins.
    private void obtainRelays(long nowNs) {
        if (nowNs >= relaysAskedAtNs + RELAY_PATIENCE_NS && links.portal.isConnected()) {
            relaysAskedAtNs = nowNs;
            LOG.info("out of relays: logging in again to obtain others");
            links.portal.reconnect();
        }
    }

    @Override
    public void stop(long nowNs) {
        try {
            sockets.close();
            hostDns.close();
        } catch (IOException e) {
            LOG.debug("cannot close sockets: {}", e.getMessage());
        }
        routes.close();
        surroundings.network.close();
        tun.close();
    }
}
