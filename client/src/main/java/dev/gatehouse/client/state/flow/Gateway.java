package dev.gatehouse.client.state.flow;

import dev.gatehouse.client.state.grant.Flow;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import dev.gatehouse.wire.IpPacket;
import dev.gatehouse.wire.PrefixTable;
import dev.gatehouse.wire.TokenBucket;

/// A gateway we have a tunnel to, and the addresses it may send from.
public final class Gateway {
    /// A word for each of a client's names at once, and many more than are asked for in a second.
    private static final int CONTROL_PER_SECOND = 2_000;

    private static final int CONTROL_BURST = 20_000;

    private final String id;
    private final String siteId;
    private final IpAddress ipv4;
    private final IpAddress ipv6;
    private final Flow.Keys keys;
    private final PrefixTable<Boolean> allowed = new PrefixTable<>();
    private final TokenBucket control = new TokenBucket(CONTROL_PER_SECOND, CONTROL_BURST);
    private long silentUntilNs;

    Gateway(Flow flow) {
        id = flow.gatewayId();
        siteId = flow.siteId();
        ipv4 = flow.gatewayIpv4();
        ipv6 = flow.gatewayIpv6();
        keys = flow.keys();
        forbidAll();
    }

    public String id() {
        return id;
    }

    String siteId() {
        return siteId;
    }

    /// Whether the flow is to this run of this gateway.
    boolean isOf(Flow flow) {
        return keys.equals(flow.keys())
                && ipv4.equals(flow.gatewayIpv4())
                && ipv6.equals(flow.gatewayIpv6());
    }

    void forbidAll() {
        allowed.clear();
        allow(IpNetwork.host(ipv4));
        allow(IpNetwork.host(ipv6));
    }

    void allow(IpNetwork network) {
        allowed.put(network, Boolean.TRUE);
    }

    public boolean maySend(IpPacket packet) {
        return allowed.longestMatch(packet.isV4(), packet.sourceHigh(), packet.sourceLow()) != null;
    }

    /// False if it sends more control packets than any gateway would.
    boolean takeControlPacket(long nowNs) {
        return control.take(nowNs);
    }

    /// It has left a query for names unanswered: for a time there is no use in waiting for it.
    public void handleSilence(long untilNs) {
        silentUntilNs = untilNs;
    }

    public boolean isSilentOnNames(long nowNs) {
        return nowNs < silentUntilNs;
    }

    public IpAddress address(boolean isV4) {
        return isV4 ? ipv4 : ipv6;
    }
}
