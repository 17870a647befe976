package dev.gatehouse.client.state.route;

import dev.gatehouse.client.state.flow.FlowTable;
import dev.gatehouse.client.state.flow.ResourceTable;
import dev.gatehouse.client.state.grant.InterfaceConfig;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.client.state.name.ProxyAddresses;
import dev.gatehouse.client.state.name.ProxyName;
import dev.gatehouse.client.state.name.Sentinels;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PrefixTable;

/// One look-up for every packet: the longest network that holds its destination says what happens
/// to it. The rules of client.md 15.1 are all prefixes, so their order is that of their lengths.
public final class RoutingTable {
    private static final Target NOWHERE = new Target.Nowhere();

    private final PrefixTable<Target> targets = new PrefixTable<>();

    /// Returns null if nothing leads there.
    public Target find(IpPacket packet) {
        return targets.longestMatch(
                packet.isV4(), packet.destinationHigh(), packet.destinationLow());
    }

    /// Returns null if nothing leads there.
    public Target find(IpAddress address) {
        return targets.longestMatch(address);
    }

    public void rebuild(
            InterfaceConfig tunnel,
            Sentinels sentinels,
            ResourceTable resources,
            FlowTable flows,
            ProxyAddresses proxies) {
        targets.clear();
        addResources(resources);
        AddressPlan.ROUTES.forEach(range -> targets.put(range, NOWHERE));
        targets.put(AddressPlan.MULTICAST_V4, NOWHERE);
        targets.put(AddressPlan.MULTICAST_V6, NOWHERE);
        put(AddressPlan.LLMNR_V4, new Target.Llmnr());
        put(AddressPlan.LLMNR_V6, new Target.Llmnr());
        for (var gateway : flows.gateways()) {
            put(gateway.address(true), new Target.ToGateway(gateway));
            put(gateway.address(false), new Target.ToGateway(gateway));
        }
        for (var address : sentinels.addresses()) {
            Endpoint server = sentinels.server(address);
            put(address, new Target.Sentinel(address, server));
        }
        proxies.all().forEach(name -> add(name, resources));
        put(tunnel.ipv4(), NOWHERE);
        put(tunnel.ipv6(), NOWHERE);
    }

    private void addResources(ResourceTable resources) {
        for (var entry : resources.all()) {
            if (ResourceTable.isInternet(entry) && resources.isInternetActive()) {
                targets.put(AddressPlan.ALL_V4, new Target.Direct(entry));
                targets.put(AddressPlan.ALL_V6, new Target.Direct(entry));
            }
        }
        for (var entry : resources.routed()) {
            if (entry.resource() instanceof Resource.Cidr cidr) {
                targets.put(cidr.network(), new Target.Direct(entry));
            }
        }
    }

    /// Addresses that were invented after the last rebuild.
    public void add(ProxyName name, ResourceTable resources) {
        var target = new Target.Proxy(name, resources.get(name.resourceId()));
        name.addresses().forEach(address -> put(address, target));
    }

    private void put(IpAddress address, Target target) {
        targets.put(IpNetwork.host(address), target);
    }
}
