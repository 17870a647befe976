package dev.gatehouse.controlplane.flow;

import com.google.protobuf.ByteString;
import dev.gatehouse.channel.message.PortalToGateway;
import dev.gatehouse.channel.message.part.Candidates;
import dev.gatehouse.channel.message.part.GatewayResource;
import dev.gatehouse.channel.message.part.RelayServer;
import dev.gatehouse.rpc.AuthorizationKey;
import dev.gatehouse.rpc.AuthorizeRequest;
import dev.gatehouse.rpc.Client;
import dev.gatehouse.rpc.Filter;
import dev.gatehouse.rpc.IceCredentials;
import dev.gatehouse.rpc.ReconcileRequest;
import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.RemoteCandidatesRequest;
import dev.gatehouse.rpc.Resource;
import java.util.Base64;

/// The portal's records in the words of the contract with the data plane.
final class Translation {
    private Translation() {}

    static AuthorizeRequest authorize(PortalToGateway.AuthorizeFlow flow) {
        var client = flow.client();
        var request =
                AuthorizeRequest.newBuilder()
                        .setClient(
                                Client.newBuilder()
                                        .setId(client.id())
                                        .setIpv4(client.ipv4().toString())
                                        .setIpv6(client.ipv6().toString()))
                        .setClientPublicKey(key(client.publicKey()))
                        .setPresharedKey(key(client.presharedKey().value()))
                        .setGatewayIce(ice(flow.gatewayIceCredentials()))
                        .setClientIce(ice(flow.clientIceCredentials()))
                        .setResource(resource(flow.resource()));
        flow.expiresAt().ifPresent(request::setExpiresAt);
        return request.build();
    }

    private static ByteString key(String base64) {
        return ByteString.copyFrom(Base64.getDecoder().decode(base64));
    }

    private static IceCredentials ice(
            dev.gatehouse.channel.message.part.IceCredentials credentials) {
        return IceCredentials.newBuilder()
                .setUsername(credentials.username())
                .setPassword(credentials.password().value())
                .build();
    }

    static Resource resource(GatewayResource resource) {
        var builder = Resource.newBuilder().setId(resource.id());
        switch (resource) {
            case GatewayResource.Dns dns -> {
                builder.setType(Resource.Type.DNS).setName(dns.name()).setAddress(dns.address());
                dns.filters().forEach(filter -> builder.addFilters(filter(filter)));
            }
            case GatewayResource.Cidr cidr -> {
                builder.setType(Resource.Type.CIDR).setName(cidr.name());
                builder.setAddress(cidr.address().toString());
                cidr.filters().forEach(filter -> builder.addFilters(filter(filter)));
            }
            case GatewayResource.Internet _ -> builder.setType(Resource.Type.INTERNET);
        }
        return builder.build();
    }

    private static Filter filter(dev.gatehouse.channel.message.part.Filter filter) {
        var protocol =
                switch (filter.protocol()) {
                    case TCP -> Filter.Protocol.TCP;
                    case UDP -> Filter.Protocol.UDP;
                    case ICMP -> Filter.Protocol.ICMP;
                };
        return Filter.newBuilder()
                .setProtocol(protocol)
                .setPortFirst(filter.firstPort())
                .setPortLast(filter.lastPort())
                .build();
    }

    static Relay relay(RelayServer server) {
        var relay =
                Relay.newBuilder()
                        .setId(server.id())
                        .setUsername(server.username())
                        .setPassword(server.password().value());
        server.addresses().forEach(address -> relay.addAddresses(address.toString()));
        return relay.build();
    }

    static ReconcileRequest.Entry entry(PortalToGateway.Authorization authorization) {
        var entry =
                ReconcileRequest.Entry.newBuilder()
                        .setKey(key(authorization.clientId(), authorization.resourceId()));
        authorization.expiresAt().ifPresent(entry::setExpiresAt);
        return entry.build();
    }

    static AuthorizationKey key(String clientId, String resourceId) {
        return AuthorizationKey.newBuilder()
                .setClientId(clientId)
                .setResourceId(resourceId)
                .build();
    }

    static RemoteCandidatesRequest candidates(Candidates candidates) {
        return RemoteCandidatesRequest.newBuilder()
                .setClientId(candidates.peerId())
                .addAllCandidates(candidates.candidates())
                .build();
    }
}
