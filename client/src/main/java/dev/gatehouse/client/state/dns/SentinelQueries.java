package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.flow.FlowTable;
import dev.gatehouse.client.state.flow.Gateway;
import dev.gatehouse.client.state.flow.PendingFlow;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.flow.ResourceTable;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.client.state.name.ParkedPackets;
import dev.gatehouse.client.state.name.ProxyAddresses;
import dev.gatehouse.client.state.name.Sentinels;
import dev.gatehouse.client.state.route.RoutingTable;
import dev.gatehouse.client.state.route.Target;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PacketBatch;
import java.util.List;
import java.util.Queue;

/// What becomes of queries to sentinels and to multicast, and of what comes back for them
/// (client.md 8 to 14). What [DnsProxy] does not answer is sent to a real server through a tunnel,
/// to the gateway of a site, or waits for a flow to one.
///
/// A query over UDP stays a packet and is turned to the real server; one over TCP, or to a server
/// that UDP does not reach, is asked over TCP.
public final class SentinelQueries {
    private final ResourceTable resources;
    private final ProxyAddresses proxies;
    private final FlowTable flows;
    private final RoutingTable routing;
    private final Tunnels tunnels;
    private final DnsServers servers;
    private final DnsStub stub;
    private final HeldQueries held;
    private final DnsProxy dns;
    private final DnsRoutes routes = new DnsRoutes();
    private final UdpReplies packets = new UdpReplies();
    private final IpPacket parked = new IpPacket();
    private final PacketBatch scratch = PacketBatch.allocate(2048, 1);

    public SentinelQueries(
            ResourceTable resources,
            ProxyAddresses proxies,
            FlowTable flows,
            RoutingTable routing,
            Tunnels tunnels,
            Queue<ClientEvent> events) {
        this.resources = resources;
        this.proxies = proxies;
        this.flows = flows;
        this.routing = routing;
        this.tunnels = tunnels;
        servers = new DnsServers(resources);
        stub = new DnsStub(resources, proxies);
        var replies = new DnsReplies(tunnels);
        held = new HeldQueries(replies);
        dns = new DnsProxy(stub, replies, held, events);
    }

    /// The servers that the portal names, and those of the system: our own sentinels among them do
    /// not count.
    public void handleServers(List<Endpoint> upstream, List<Endpoint> system) {
        if (servers.update(upstream, system)) {
            dns.clearCache();
        }
    }

    public Sentinels sentinels() {
        return servers.sentinels();
    }

    /// A packet to a sentinel.
    ///
    /// @param server behind the sentinel
    /// @return the gateway to send the packet to, which is turned to whom it asks there, or null
    public Gateway handlePacket(IpPacket packet, Endpoint server, long nowNs) {
        var outcome = dns.handle(packet, server, servers.isThroughTunnel(server), nowNs);
        return settle(outcome, packet, nowNs);
    }

    /// A packet to the address of multicast name resolution.
    public void handleLlmnr(IpPacket packet, long nowNs) {
        settle(dns.handleLlmnr(packet, nowNs), packet, nowNs);
    }

    /// The same as [#handlePacket] of a query over TCP. Dropped if it is none, or to no sentinel.
    public void handleTcp(TcpDnsQuery query, long nowNs) {
        var server = servers.behind(query.sentinel());
        if (server != null) {
            settle(dns.handle(query, server, servers.isThroughTunnel(server), nowNs), null, nowNs);
        }
    }

    /// @param packet the query; null if it came over TCP
    private Gateway settle(DnsProxy.Outcome outcome, IpPacket packet, long nowNs) {
        return switch (outcome) {
            case DnsProxy.Outcome.Done(var entry, _) when entry == null -> null;
            case DnsProxy.Outcome.Done(var entry, var name) -> {
                handleStubAnswer(entry, name, nowNs);
                yield null;
            }
            case DnsProxy.Outcome.AskFamily(var asked) -> {
                askFamily(asked, nowNs);
                yield null;
            }
            case DnsProxy.Outcome.AskSite(var entry, var asked) ->
                    askSite(entry, asked, packet, nowNs);
            case DnsProxy.Outcome.Tunnel(var server, var asked) ->
                    redirect(server, asked, packet, nowNs) ? viaTunnel(packet, nowNs) : null;
        };
    }

    private void handleStubAnswer(ResourceEntry entry, String name, long nowNs) {
        var proxy = proxies.find(name, entry.id());
        if (proxy != null) {
            routing.add(proxy, resources);
            proxy.handleQuery();
            flows.update(proxy, nowNs);
        }
    }

    /// Without a tunnel the query waits for one, as the connection to come will have to.
    private void askFamily(Asked asked, long nowNs) {
        var entry = asked.held().entry;
        handleStubAnswer(entry, asked.held().name.name(), nowNs);
        if (entry.gateway() == null) {
            flows.request(entry, nowNs);
            failHeldBack(entry);
        } else {
            askFamily(asked, entry.gateway(), nowNs);
        }
    }

    /// Asks the gateway of the site, through its tunnel.
    private void askFamily(Asked asked, Gateway gateway, long nowNs) {
        if (gateway.isSilentOnNames(nowNs)) {
            dns.fail(asked);
            return;
        }
        asked.held().handleAsked(gateway, nowNs);
        switch (asked.origin()) {
            case Asked.Origin.Udp(var client, _) -> {
                var server = server(gateway, client.isV4());
                if (routes.isRefused(server, nowNs)) {
                    dns.forwardTcp(asked, server);
                    return;
                }
                routes.add(server, client.port(), asked, nowNs);
                var packet = packets.udp(client, server, asked.payload().bytes());
                tunnels.send(gateway.id(), packet, 0, 1, nowNs);
            }
            case Asked.Origin.Tcp _ -> dns.forwardTcp(asked, server(gateway, true));
        }
    }

    private static Endpoint server(Gateway gateway, boolean isV4) {
        return new Endpoint(gateway.address(isV4), AddressPlan.GATEWAY_DNS_PORT);
    }

    private Gateway askSite(ResourceEntry entry, Asked asked, IpPacket packet, long nowNs) {
        var gateway = entry.gateway();
        if (gateway == null) {
            var flow = flows.request(entry, nowNs);
            switch (asked.origin()) {
                case Asked.Origin.Udp _ -> flow.parkQuery(packet);
                case Asked.Origin.Tcp(var query) -> flow.park(query);
            }
            failHeldBack(entry);
            return null;
        }
        return redirect(server(gateway, asked.isV4()), asked, packet, nowNs) ? gateway : null;
    }

    /// Turns the packet to the real server; false if that one is asked over TCP instead.
    private boolean redirect(Endpoint server, Asked asked, IpPacket packet, long nowNs) {
        if (asked.isOverTcp() || routes.isRefused(server, nowNs)) {
            dns.forwardTcp(asked, server);
            return false;
        }
        routes.redirect(packet, server, asked, nowNs);
        return true;
    }

    private Gateway viaTunnel(IpPacket packet, long nowNs) {
        if (routing.find(packet) instanceof Target.Direct(var entry)) {
            var gateway = flows.gatewayFor(entry, packet, nowNs);
            failHeldBack(entry);
            return gateway;
        }
        return null;
    }

    /// A request that was refused and is not due again brings no answer.
    private void failHeldBack(ResourceEntry entry) {
        var waiting = entry.heldBack();
        if (waiting != null) {
            handleFlowRefused(entry, waiting);
        }
    }

    /// Whoever asked servers that cannot be reached may ask others.
    public void handleFlowRefused(ResourceEntry entry, PendingFlow waiting) {
        held.of(entry).forEach(dns::fail);
        routes.takeAll(server -> leadsTo(entry, server.address())).forEach(dns::fail);
        waiting.takeTcpQueries().forEach(query -> Asked.of(query).ifPresent(dns::fail));
        for (var bytes : waiting.takeQueries()) {
            ParkedPackets.copy(bytes, scratch);
            if (parked.wrap(scratch.buffer(), scratch.offset(0), scratch.length(0))) {
                Asked.of(parked).ifPresent(dns::fail);
            }
        }
    }

    private boolean leadsTo(ResourceEntry entry, IpAddress server) {
        return routing.find(server) instanceof Target.Direct(var direct)
                && direct.id().equals(entry.id())
                && direct.gateway() == null;
    }

    /// What was out of reach may be allowed from now on.
    public void handleFlow() {
        routes.forgetRefused();
    }

    /// The flow is there that queries of a resource's names wait for.
    public void handleFlow(ResourceEntry entry, long nowNs) {
        held.of(entry).forEach(asked -> askFamily(asked, entry.gateway(), nowNs));
    }

    /// A UDP packet of a gateway. Returns false if it is no answer to what was asked; else it has
    /// been dealt with.
    public boolean handleAnswer(IpPacket packet, long nowNs) {
        var asked = routes.find(packet, nowNs);
        if (asked == null) {
            return false;
        }
        if (dns.handleAnswer(asked, new DnsPayload(DnsMessages.payload(packet)), nowNs)) {
            routes.remove(packet);
        }
        return true;
    }

    /// An ICMP error of a gateway, about a packet to `destination`: what it tells of queries is
    /// asked over TCP.
    public void handleError(IpPacket error, IpAddress destination, long nowNs) {
        var failed = routes.takeFailed(error, destination, nowNs);
        if (failed != null) {
            failed.asked().forEach(asked -> dns.forwardTcp(asked, failed.server()));
        }
    }

    /// A server answered that was asked by a [ClientEvent].
    public void handleResponse(long ticket, DnsPayload answer, long nowNs) {
        dns.handleAnswer(ticket, answer, nowNs);
    }

    /// It could not be asked, or was silent over TCP.
    public void handleFailure(long ticket) {
        dns.handleFailure(ticket);
    }

    /// It was silent over UDP.
    public void handleSilence(long ticket) {
        dns.handleSilence(ticket);
    }

    /// Whether the host can use IPv6 addresses; without, names have none.
    public void handleHostV6(boolean isThere) {
        stub.handleV6(isThere);
    }

    public void handleTimeout(long nowNs) {
        held.handleTimeout(nowNs);
    }

    public long pollTimeout() {
        return held.pollTimeout();
    }

    /// Names may mean something else than before.
    public void clearCache() {
        dns.clearCache();
    }

    /// The network is another one: what is on its way is lost.
    public void reset() {
        dns.forgetForwarded();
        routes.clear();
    }

    /// Queries so far for which there was no room.
    public long refused() {
        return dns.refused() + held.refused();
    }

    /// Answers so far to questions that were not asked.
    public long mismatched() {
        return dns.mismatched();
    }
}
