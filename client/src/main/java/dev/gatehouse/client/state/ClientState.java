package dev.gatehouse.client.state;

import dev.gatehouse.client.state.boundary.ClientEvent;
import dev.gatehouse.client.state.boundary.DnsAnswers;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.ResourceView;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.boundary.TunConfig;
import dev.gatehouse.client.state.boundary.Tunnels;
import dev.gatehouse.client.state.dns.SentinelQueries;
import dev.gatehouse.client.state.flow.FlowTable;
import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.flow.ResourceTable;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.client.state.name.ParkedPackets;
import dev.gatehouse.client.state.name.ProxyAddresses;
import dev.gatehouse.client.state.route.RoutingTable;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.PacketBatch;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.TreeSet;

/// The client: decides for every packet of the TUN where it goes, answers queries for names of
/// resources, asks the portal for flows, and checks what gateways send (client.md 7 to 23).
///
/// Sans-IO. Packets go out through [Tunnels] while a call is under way; everything else waits in
/// [#pollEvent]. What is repeated is repeated because of traffic; the only timer is that of queries
/// which wait for a word of a site.
public final class ClientState implements DnsAnswers {
    private final Queue<ClientEvent> events = new ArrayDeque<>();
    private final ProxyAddresses proxies = new ProxyAddresses();
    private final ResourceTable resources;
    private final FlowTable flows;
    private final SentinelQueries queries;
    private final RoutingTable routing = new RoutingTable();
    private final OutboundPath outbound;
    private final InboundPath inbound;
    private final PacketBatch scratch = PacketBatch.allocate(2048, 1);

    private InterfaceConfig tunnel; // null until the portal has told
    private List<Endpoint> systemResolvers = List.of();
    private TunConfig told;

    /// @param internetActive whether the internet resource is switched on once it is granted
    public ClientState(Tunnels tunnels, boolean internetActive) {
        resources = new ResourceTable(internetActive);
        flows = new FlowTable(resources, proxies, tunnels, events);
        queries = new SentinelQueries(resources, proxies, flows, routing, tunnels, events);
        outbound = new OutboundPath(tunnels, flows, routing, queries);
        inbound = new InboundPath(tunnels, flows, routing, queries, this::rebuildRouting);
    }

    /// The portal's complete word: resources that it leaves out are gone, others stay untouched if
    /// they are the same. What was asked before is asked again.
    public void handleInit(InterfaceConfig config, List<Resource> granted, long nowNs) {
        tunnel = config;
        var ids = new TreeSet<String>();
        granted.forEach(resource -> ids.add(resource.id()));
        for (var entry : List.copyOf(resources.all())) {
            if (!ids.contains(entry.id())) {
                remove(entry, nowNs);
            }
        }
        granted.forEach(resource -> upsert(resource, nowNs));
        refresh();
        flows.askAgain(nowNs);
    }

    public void handleInterface(InterfaceConfig config) {
        tunnel = config;
        refresh();
    }

    /// The servers that the operating system would ask; our own sentinels do not count.
    public void handleSystemResolvers(List<IpAddress> servers) {
        systemResolvers =
                servers.stream().map(ip -> new Endpoint(ip, AddressPlan.DNS_PORT)).toList();
        refresh();
    }

    /// Created or updated.
    public void handleResource(Resource resource, long nowNs) {
        upsert(resource, nowNs);
        refresh();
    }

    public void handleResourceDeleted(String id, long nowNs) {
        var entry = resources.get(id);
        if (entry != null) {
            remove(entry, nowNs);
            refresh();
        }
    }

    private void upsert(Resource resource, long nowNs) {
        var known = resources.get(resource.id());
        if (known != null && known.resource().isReachedLike(resource)) {
            if (!known.resource().equals(resource)) {
                known.describe(resource);
                events.add(new ClientEvent.ResourcesChanged());
            }
            return;
        }
        if (known != null) {
            boolean wasActive = resources.isInternetActive();
            remove(known, nowNs);
            resources.activateInternet(wasActive && resource instanceof Resource.Internet);
        }
        resources.add(resource);
        queries.clearCache();
        events.add(new ClientEvent.ResourcesChanged());
    }

    private void remove(ResourceEntry entry, long nowNs) {
        flows.release(entry, nowNs);
        resources.remove(entry);
        queries.clearCache();
        events.add(new ClientEvent.ResourcesChanged());
    }

    /// Switches the internet resource on or off; it takes effect while it is granted.
    public void activateInternet(boolean active, long nowNs) {
        if (!active) {
            resources.all().stream()
                    .filter(ResourceTable::isInternet)
                    .toList()
                    .forEach(entry -> flows.release(entry, nowNs));
        }
        resources.activateInternet(active);
        refresh();
    }

    /// Brings sentinels, routes and the interface in line with what is known.
    private void refresh() {
        if (tunnel == null) {
            return;
        }
        outbound.handleInterface(tunnel);
        queries.handleServers(tunnel.upstreamDns(), systemResolvers);
        rebuildRouting();
        var config =
                new TunConfig(
                        tunnel.ipv4(),
                        tunnel.ipv6(),
                        queries.sentinels().addresses(),
                        tunnel.searchDomain(),
                        resources.routes());
        if (!config.equals(told)) {
            told = config;
            events.add(new ClientEvent.ConfigureTun(config));
        }
    }

    private void rebuildRouting() {
        if (tunnel != null) {
            routing.rebuild(tunnel, queries.sentinels(), resources, flows, proxies);
        }
    }

    /// The portal allows a resource through a gateway: connects, and sends what waited.
    public void handleFlow(Flow flow, long nowNs) {
        queries.handleFlow();
        var waiting = flows.grant(flow, nowNs);
        rebuildRouting();
        if (waiting == null) {
            return;
        }
        var entry = resources.get(flow.resourceId());
        if (entry.resource() instanceof Resource.Dns) {
            flows.update(nowNs);
        }
        queries.handleFlow(entry, nowNs);
        waiting.takePackets().forEach(bytes -> handleAgain(bytes, nowNs));
        waiting.takeQueries().forEach(bytes -> handleAgain(bytes, nowNs));
        waiting.takeTcpQueries().forEach(query -> handleTcpQuery(query, nowNs));
    }

    private void handleAgain(byte[] bytes, long nowNs) {
        ParkedPackets.copy(bytes, scratch);
        handleTunPackets(scratch, nowNs);
    }

    /// @param reason as the portal says: `offline`, `not_found`, `forbidden` or something newer
    public void handleFlowRefused(String resourceId, String reason, long nowNs) {
        var waiting = flows.refuse(resourceId, reason.equals("offline"), nowNs);
        rebuildRouting();
        if (waiting != null) {
            queries.handleFlowRefused(resources.get(resourceId), waiting);
        }
    }

    /// DNS queries so far for which there was no room: more than 1,000 waited for servers.
    public long refusedQueries() {
        return queries.refused();
    }

    /// Answers of DNS servers so far to questions that were not asked.
    public long mismatchedAnswers() {
        return queries.mismatched();
    }

    /// Control packets of gateways so far that were more than any sends: dropped.
    public long controlExcess() {
        return flows.controlExcess();
    }

    /// The tunnel to a gateway carries packets.
    public void handleConnected(String gatewayId) {
        flows.handleConnected(gatewayId);
    }

    /// The tunnel to a gateway has failed.
    public void handleDisconnected(String gatewayId, long nowNs) {
        flows.lose(gatewayId, nowNs);
        rebuildRouting();
    }

    /// Packets of the operating system. Overwrites them where an address must change.
    public void handleTunPackets(PacketBatch batch, long nowNs) {
        outbound.handleTunPackets(batch, nowNs);
    }

    /// A query over TCP to a sentinel (client.md 14). Dropped if it is none.
    public void handleTcpQuery(TcpDnsQuery query, long nowNs) {
        queries.handleTcp(query, nowNs);
    }

    /// Packets `from` to `from + count` that came through a gateway's tunnel; those that are
    /// allowed go to the TUN. Overwrites the batch.
    public void handlePlaintexts(
            String gatewayId, PacketBatch batch, int from, int count, long nowNs) {
        inbound.handlePlaintexts(gatewayId, batch, from, count, nowNs);
    }

    @Override
    public void handleDnsResponse(long ticket, DnsPayload answer, long nowNs) {
        queries.handleResponse(ticket, answer, nowNs);
    }

    @Override
    public void handleDnsFailure(long ticket) {
        queries.handleFailure(ticket);
    }

    @Override
    public void handleDnsTimeout(long ticket) {
        queries.handleSilence(ticket);
    }

    /// The network has changed: gateways and their names are forgotten, what waits for a flow goes
    /// on waiting. The shell makes another key pair and logs in again.
    public void reset(long nowNs) {
        flows.reset(nowNs);
        queries.reset();
        rebuildRouting();
    }

    /// Whether the host can use IPv6 addresses; without, names have none.
    public void handleHostV6(boolean isThere) {
        queries.handleHostV6(isThere);
    }

    public void handleTimeout(long nowNs) {
        queries.handleTimeout(nowNs);
    }

    /// The next `nowNs` at which [#handleTimeout] has work.
    public long pollTimeout() {
        return queries.pollTimeout();
    }

    /// Says goodbye to all gateways.
    public void shutdown(long nowNs) {
        flows.shutdown(nowNs);
    }

    /// The next event, or null.
    public ClientEvent pollEvent() {
        return events.poll();
    }

    /// The interface as it should be; empty before the first word of the portal.
    public Optional<TunConfig> tunConfig() {
        return Optional.ofNullable(told);
    }

    /// All resources, in the order of their ids.
    public List<ResourceView> resources() {
        return resources.all().stream().map(flows::view).toList();
    }
}
