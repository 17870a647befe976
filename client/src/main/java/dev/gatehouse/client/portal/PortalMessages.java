package dev.gatehouse.client.portal;

import dev.gatehouse.channel.message.Ignored;
import dev.gatehouse.channel.message.PortalToClient;
import dev.gatehouse.channel.message.RelaysPresence;
import dev.gatehouse.channel.message.part.ClientResource;
import dev.gatehouse.channel.message.part.RelayEntry;
import dev.gatehouse.channel.message.part.RelayServer;
import dev.gatehouse.channel.message.part.Site;
import dev.gatehouse.client.loop.LoopCommand;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/// Translates what the portal says.
final class PortalMessages {
    private static final int DNS_PORT = 53;

    private PortalMessages() {}

    /// Empty for messages that have no effect.
    static Optional<LoopCommand> translate(PortalToClient message) {
        return Optional.ofNullable(
                switch (message) {
                    case PortalToClient.Init init ->
                            new LoopCommand.Init(
                                    tunnel(init.tunnel()),
                                    init.resources().stream()
                                            .map(PortalMessages::resource)
                                            .toList(),
                                    relays(init.relays()));
                    case PortalToClient.ConfigChanged(var tunnel) ->
                            new LoopCommand.InterfaceChanged(tunnel(tunnel));
                    case PortalToClient.ResourceChanged(var resource) ->
                            new LoopCommand.ResourceChanged(resource(resource));
                    case PortalToClient.ResourceDeleted(var id) ->
                            new LoopCommand.ResourceDeleted(id);
                    case PortalToClient.FlowCreated flow -> new LoopCommand.FlowCreated(flow(flow));
                    case PortalToClient.FlowCreationFailed(var id, var reason, _) ->
                            new LoopCommand.FlowRefused(id, reason);
                    case PortalToClient.AddCandidates(var c) ->
                            new LoopCommand.AddCandidates(c.peerId(), c.candidates());
                    case PortalToClient.RemoveCandidates(var c) ->
                            new LoopCommand.RemoveCandidates(c.peerId(), c.candidates());
                    case RelaysPresence presence ->
                            new LoopCommand.Relays(
                                    new TreeSet<>(presence.disconnectedIds()),
                                    relays(presence.connected()));
                    case Ignored _ -> null;
                });
    }

    /// Newer portals name servers twice; what they call Do53 is what older ones called upstream.
    private static InterfaceConfig tunnel(PortalToClient.Interface tunnel) {
        var servers =
                tunnel.upstreamDns().isEmpty()
                        ? tunnel.upstreamDo53().stream()
                                .map(s -> new Endpoint(s.ip(), DNS_PORT))
                                .toList()
                        : tunnel.upstreamDns().stream()
                                .map(PortalToClient.UpstreamDns::address)
                                .toList();
        return new InterfaceConfig(
                tunnel.ipv4(), tunnel.ipv6(), servers, orEmpty(tunnel.searchDomain()));
    }

    private static Optional<String> orEmpty(Optional<String> text) {
        return text == null ? Optional.empty() : text;
    }

    private static Resource resource(ClientResource resource) {
        var sites = resource.gatewayGroups().stream().map(PortalMessages::site).toList();
        var name = resource.displayName();
        return switch (resource) {
            case ClientResource.Dns dns ->
                    new Resource.Dns(
                            dns.id(),
                            name,
                            dns.address(),
                            Resource.IpStack.valueOf(dns.ipStack().name()),
                            sites);
            case ClientResource.Cidr cidr ->
                    new Resource.Cidr(cidr.id(), name, cidr.address(), sites);
            case ClientResource.Internet internet ->
                    new Resource.Internet(internet.id(), name, sites);
        };
    }

    private static dev.gatehouse.client.state.grant.Site site(Site site) {
        return new dev.gatehouse.client.state.grant.Site(site.id(), site.name());
    }

    private static Flow flow(PortalToClient.FlowCreated flow) {
        var local = flow.clientIceCredentials();
        var remote = flow.gatewayIceCredentials();
        return new Flow(
                flow.resourceId(),
                flow.gatewayId(),
                flow.gatewayGroupId(),
                flow.gatewayIpv4(),
                flow.gatewayIpv6(),
                new Flow.Keys(
                        flow.gatewayPublicKey(),
                        flow.presharedKey().value(),
                        local.username(),
                        local.password().value(),
                        remote.username(),
                        remote.password().value()));
    }

    private static List<RelayInfo> relays(List<RelayEntry> entries) {
        return RelayEntry.merge(entries).stream().map(PortalMessages::relay).toList();
    }

    /// The last address of each family counts.
    private static RelayInfo relay(RelayServer server) {
        Map<IpAddress.Family, Endpoint> byFamily = new EnumMap<>(IpAddress.Family.class);
        server.addresses().forEach(address -> byFamily.put(address.family(), address));
        return new RelayInfo(
                server.id(),
                List.copyOf(byFamily.values()),
                server.username(),
                server.password().value());
    }
}
