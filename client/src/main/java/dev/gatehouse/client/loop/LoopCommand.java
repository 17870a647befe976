package dev.gatehouse.client.loop;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.status.ClientStatus;
import dev.gatehouse.turn.RelayInfo;
import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/// What other threads may ask of the loop, which alone touches state, tunnels and sockets.
public sealed interface LoopCommand {
    record Init(InterfaceConfig tunnel, List<Resource> resources, List<RelayInfo> relays)
            implements LoopCommand {}

    record InterfaceChanged(InterfaceConfig tunnel) implements LoopCommand {}

    record ResourceChanged(Resource resource) implements LoopCommand {}

    record ResourceDeleted(String id) implements LoopCommand {}

    record Relays(Set<String> removed, List<RelayInfo> added) implements LoopCommand {}

    record FlowCreated(Flow flow) implements LoopCommand {}

    record FlowRefused(String resourceId, String reason) implements LoopCommand {}

    record AddCandidates(String gatewayId, List<String> candidates) implements LoopCommand {}

    record RemoveCandidates(String gatewayId, List<String> candidates) implements LoopCommand {}

    record SystemResolvers(List<IpAddress> servers) implements LoopCommand {}

    /// A query over TCP to a sentinel.
    record DnsQuery(TcpDnsQuery query) implements LoopCommand {}

    /// What became of a query that was sent over TCP; empty if there was no answer.
    record DnsAnswer(long ticket, Optional<DnsPayload> answer) implements LoopCommand {}

    /// The cipher's fast path has been compiled.
    record CipherWarm() implements LoopCommand {}

    /// The network has changed: begin anew with another key pair.
    record Reset() implements LoopCommand {}

    /// Say goodbye to all gateways.
    record Goodbye(CompletableFuture<Void> done) implements LoopCommand {}

    record Status(CompletableFuture<ClientStatus> answer) implements LoopCommand {}
}
