package dev.gatehouse.dataplane.snapshot;

import dev.gatehouse.dataplane.gateway.GatewaySnapshot;
import dev.gatehouse.dataplane.gateway.filter.Authorization;
import dev.gatehouse.dataplane.gateway.filter.Filter;
import dev.gatehouse.dataplane.gateway.filter.ResourceSpec;
import dev.gatehouse.dataplane.gateway.name.DnsMapping;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.DnsMappingKey;
import dev.gatehouse.rpc.Interface;
import dev.gatehouse.rpc.Resource;
import dev.gatehouse.rpc.Snapshot;
import dev.gatehouse.tunnel.DomainPattern;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// The gateway's state in the words of the contract, and back. What is malformed is an
/// [IllegalArgumentException].
public final class GatewayCodec {
    private GatewayCodec() {}

    public static GatewaySnapshot.Interface tunnel(Interface message) {
        var v4 = IpAddress.parse(message.getIpv4());
        var v6 = IpAddress.parse(message.getIpv6());
        if (!v4.isV4() || v6.isV4()) {
            throw new IllegalArgumentException("interface needs one IPv4 and one IPv6 address");
        }
        return new GatewaySnapshot.Interface(v4, v6);
    }

    public static Authorization authorization(
            Client client, Resource resource, OptionalLong expiresAt) {
        return new Authorization(
                client.getId(),
                IpAddress.parse(client.getIpv4()),
                IpAddress.parse(client.getIpv6()),
                resource(resource),
                expiresAt);
    }

    public static ResourceSpec resource(Resource message) {
        var filters = message.getFiltersList().stream().map(GatewayCodec::filter).toList();
        return switch (message.getType()) {
            case CIDR ->
                    new ResourceSpec.Cidr(
                            message.getId(),
                            message.getName(),
                            IpNetwork.parse(message.getAddress()),
                            filters);
            case DNS ->
                    new ResourceSpec.Dns(
                            message.getId(),
                            message.getName(),
                            DomainPattern.parse(message.getAddress())
                                    .orElseThrow(() -> refused("pattern of a DNS resource")),
                            filters);
            case INTERNET -> new ResourceSpec.Internet(message.getId(), message.getName());
            case TYPE_UNSPECIFIED, UNRECOGNIZED -> throw refused("type of a resource");
        };
    }

    private static Filter filter(dev.gatehouse.rpc.Filter message) {
        return switch (message.getProtocol()) {
            case TCP -> ports(Filter.Transport.TCP, message);
            case UDP -> ports(Filter.Transport.UDP, message);
            case ICMP -> new Filter.Icmp();
            case PROTOCOL_UNSPECIFIED, UNRECOGNIZED -> throw refused("protocol of a filter");
        };
    }

    private static Filter ports(Filter.Transport transport, dev.gatehouse.rpc.Filter message) {
        return new Filter.Ports(transport, message.getPortFirst(), message.getPortLast());
    }

    private static IllegalArgumentException refused(String what) {
        return new IllegalArgumentException("not understood: " + what);
    }

    public static void encode(GatewaySnapshot state, Snapshot.Builder into) {
        state.tunnel()
                .ifPresent(
                        tunnel ->
                                into.getInterfaceBuilder()
                                        .setIpv4(tunnel.v4().toString())
                                        .setIpv6(tunnel.v6().toString()));
        Map<String, Client> clients = new LinkedHashMap<>();
        for (var authorization : state.authorizations()) {
            clients.computeIfAbsent(authorization.clientId(), _ -> client(authorization));
            into.addAuthorizations(encode(authorization));
        }
        into.addAllClients(clients.values());
        state.mappings().forEach(mapping -> into.addDnsMappings(encode(mapping)));
        state.flows().forEach(flow -> into.addNatSessions(NatCodec.encode(flow)));
    }

    private static Client client(Authorization authorization) {
        return Client.newBuilder()
                .setId(authorization.clientId())
                .setIpv4(authorization.clientV4().toString())
                .setIpv6(authorization.clientV6().toString())
                .build();
    }

    private static dev.gatehouse.rpc.Authorization encode(Authorization authorization) {
        var message =
                dev.gatehouse.rpc.Authorization.newBuilder()
                        .setKey(key(authorization.clientId(), authorization.resource().id()))
                        .setResource(encode(authorization.resource()));
        authorization.expiresAtUnixSeconds().ifPresent(message::setExpiresAt);
        return message.build();
    }

    public static AuthorizationKey key(String clientId, String resourceId) {
        return AuthorizationKey.newBuilder()
                .setClientId(clientId)
                .setResourceId(resourceId)
                .build();
    }

    private static Resource encode(ResourceSpec resource) {
        var message = Resource.newBuilder().setId(resource.id()).setName(resource.name());
        switch (resource) {
            case ResourceSpec.Cidr cidr ->
                    message.setType(Resource.Type.CIDR).setAddress(cidr.network().toString());
            case ResourceSpec.Dns dns ->
                    message.setType(Resource.Type.DNS).setAddress(dns.pattern().toString());
            case ResourceSpec.Internet _ -> message.setType(Resource.Type.INTERNET);
        }
        resource.filters().forEach(filter -> message.addFilters(encode(filter)));
        return message.build();
    }

    private static dev.gatehouse.rpc.Filter encode(Filter filter) {
        var message = dev.gatehouse.rpc.Filter.newBuilder();
        switch (filter) {
            case Filter.Icmp _ -> message.setProtocol(dev.gatehouse.rpc.Filter.Protocol.ICMP);
            case Filter.Ports(var transport, int first, int last) ->
                    message.setProtocol(
                                    transport == Filter.Transport.TCP
                                            ? dev.gatehouse.rpc.Filter.Protocol.TCP
                                            : dev.gatehouse.rpc.Filter.Protocol.UDP)
                            .setPortFirst(first)
                            .setPortLast(last);
        }
        return message.build();
    }

    private static dev.gatehouse.rpc.DnsMapping encode(DnsMapping mapping) {
        var message =
                dev.gatehouse.rpc.DnsMapping.newBuilder()
                        .setKey(
                                DnsMappingKey.newBuilder()
                                        .setClientId(mapping.clientId())
                                        .setResourceId(mapping.resourceId())
                                        .setDomain(mapping.domain()));
        for (var entry : mapping.entries()) {
            message.addEntriesBuilder()
                    .setProxy(entry.proxy().toString())
                    .setTarget(entry.target().map(IpAddress::toString).orElse(""));
        }
        mapping.resolved().forEach(address -> message.addResolved(address.toString()));
        return message.build();
    }

    public static GatewaySnapshot decode(Snapshot message) {
        Map<String, Client> clients = new LinkedHashMap<>();
        message.getClientsList().forEach(client -> clients.put(client.getId(), client));
        var authorizations =
                message.getAuthorizationsList().stream()
                        .filter(a -> clients.containsKey(a.getKey().getClientId()))
                        .map(
                                a ->
                                        authorization(
                                                clients.get(a.getKey().getClientId()),
                                                a.getResource(),
                                                a.hasExpiresAt()
                                                        ? OptionalLong.of(a.getExpiresAt())
                                                        : OptionalLong.empty()))
                        .toList();
        return new GatewaySnapshot(
                message.hasInterface()
                        ? Optional.of(tunnel(message.getInterface()))
                        : Optional.empty(),
                authorizations,
                message.getDnsMappingsList().stream().map(GatewayCodec::decode).toList(),
                message.getNatSessionsList().stream().map(NatCodec::decode).toList());
    }

    private static DnsMapping decode(dev.gatehouse.rpc.DnsMapping message) {
        List<DnsMapping.Entry> entries =
                message.getEntriesList().stream()
                        .map(
                                entry ->
                                        new DnsMapping.Entry(
                                                IpAddress.parse(entry.getProxy()),
                                                Optional.of(entry.getTarget())
                                                        .filter(text -> !text.isEmpty())
                                                        .map(IpAddress::parse)))
                        .toList();
        return new DnsMapping(
                message.getKey().getClientId(),
                message.getKey().getResourceId(),
                message.getKey().getDomain(),
                entries,
                message.getResolvedList().stream().map(IpAddress::parse).toList());
    }
}
