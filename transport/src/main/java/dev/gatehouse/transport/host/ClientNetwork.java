package dev.gatehouse.transport.host;

import dev.gatehouse.transport.netlink.Link;
import dev.gatehouse.transport.netlink.Netlink;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a client's tunnel needs of the host's network: link, addresses, routes in three tables of
/// its own, rules that lead there (client.md 24 and 28.7).
///
/// Resources go before the networks that the host is connected to, and those before the Internet
/// resource; everything that carries [UdpConfig#TUNNEL_MARK] passes by all three. The rules have
/// fixed priorities, and all that is in the tables is ours: what a killed client has left goes with
/// the first [#configure], what this one has made with [#close].
///
/// The wish is compared with what the kernel tells, so the same call puts in place, follows the
/// host's own routes and restores. A family that the host lacks, or that an administrator has
/// switched off, is left out until it is there; both missing is an error. Threads may share it.
public final class ClientNetwork implements AutoCloseable {
    /// Routes to resources; asked first.
    public static final int RESOURCE_TABLE = 0x2021FD00;

    /// Copies of the host's routes to the networks it is connected to.
    public static final int LOCAL_TABLE = 0x2021FD01;

    /// Default routes, of the Internet resource.
    public static final int INTERNET_TABLE = 0x2021FD02;

    /// The rules' priorities, by table.
    private static final Map<Integer, Integer> PRIORITIES =
            Map.of(RESOURCE_TABLE, 100, LOCAL_TABLE, 200, INTERNET_TABLE, 300);

    private static final List<Integer> TABLES =
            List.of(RESOURCE_TABLE, LOCAL_TABLE, INTERNET_TABLE);
    private static final IpNetwork ALL_V4 = IpNetwork.of(IpAddress.ANY_V4, 0);
    private static final Logger LOG = LoggerFactory.getLogger(ClientNetwork.class);

    /// What others can take away.
    public enum Part {
        /// Changed rather than taken away. Below 1280 bytes IPv6 goes along.
        MTU,
        LINK,
        ADDRESS,
        ROUTE,
        RULE
    }

    private final TunLink link;
    private final int mtu;
    private final Netlink netlink = new Netlink(0, false);
    private final ReversePath reversePath;
    private final Set<IpAddress.Family> usable = EnumSet.noneOf(IpAddress.Family.class);
    private final Set<IpAddress.Family> told = EnumSet.noneOf(IpAddress.Family.class);
    private final Set<Object> inPlace = new LinkedHashSet<>(); // addresses, routes, rules; link
    private Set<IpAddress> addresses = Set.of();
    private Set<IpNetwork> routes = Set.of();
    private boolean isConfigured;

    /// @param mtu of the device, in bytes
    /// @param memory a file for what a life that is killed cannot put back; need not exist
    /// @throws IOException if there is no interface of that name
    public ClientNetwork(String device, int mtu, Path memory) throws IOException {
        link = new TunLink(netlink, device);
        this.mtu = mtu;
        netlink.filterStrictly();
        reversePath = new ReversePath(memory);
        reversePath.recover();
    }

    /// The name of the device.
    public String device() {
        return link.name();
    }

    /// Makes link, MTU, addresses, routes and rules exactly so.
    ///
    /// @param wantedAddresses each becomes a host network; may be of either family
    /// @param wantedRoutes a default route is kept apart from the others
    /// @throws IOException if the device is gone, or takes no address of either family
    public synchronized void configure(
            Collection<IpAddress> wantedAddresses, Collection<IpNetwork> wantedRoutes)
            throws IOException {
        addresses = new TreeSet<>(wantedAddresses);
        routes = new TreeSet<>(wantedRoutes);
        isConfigured = true;
        ensure();
        if (usable.isEmpty()) {
            throw new IOException("%s takes no address".formatted(link.name()));
        }
    }

    /// Puts back what others have taken away since it was put in place, and follows the routes of
    /// the main table. Does nothing before [#configure].
    ///
    /// @return what had gone
    /// @throws IOException if the device is gone
    public synchronized Set<Part> restore() throws IOException {
        return isConfigured ? ensure() : EnumSet.noneOf(Part.class);
    }

    private Set<Part> ensure() throws IOException {
        var gone = EnumSet.noneOf(Part.class);
        ensureMtu(gone);
        if (!link.isUp()) {
            link.up();
            note(link, Part.LINK, gone);
        } else {
            inPlace.add(link);
        }
        ensureAddresses(gone);
        ensureRoutes(gone);
        ensureRules(gone);
        if (routes.contains(ALL_V4)) {
            reversePath.loosen(underlay());
        } else {
            reversePath.restore();
        }
        return gone;
    }

    /// Before all else: the kernel takes no address of IPv6 below 1280 bytes.
    private void ensureMtu(Set<Part> gone) throws IOException {
        if (link.mtu() != mtu) {
            link.setMtu(mtu);
            gone.add(Part.MTU);
        }
    }

    /// The interfaces by which marked packets leave.
    private List<String> underlay() throws IOException {
        var indexes = TableRoute.defaultDevices(netlink, IpAddress.Family.IPV4);
        return Link.all(netlink).stream()
                .filter(each -> indexes.contains(each.index()) && each.index() != link.index())
                .map(Link::name)
                .toList();
    }

    /// Something was put in place. What could not be is not told as put back.
    private void note(Object item, Part part, Set<Part> gone) {
        if (!inPlace.add(item)) {
            gone.add(part);
        }
    }

    private void ensureAddresses(Set<Part> gone) throws IOException {
        var present = link.addresses();
        for (var address : present) {
            if (!addresses.contains(address)) {
                link.remove(address);
                inPlace.remove(address);
            }
        }
        usable.clear();
        for (var address : addresses) {
            if (present.contains(address)) {
                inPlace.add(address);
                works(address.family());
            } else {
                add(address, gone);
            }
        }
    }

    private void add(IpAddress address, Set<Part> gone) throws IOException {
        int errno = link.add(address);
        if (errno == 0) {
            note(address, Part.ADDRESS, gone);
            works(address.family());
        } else {
            inPlace.remove(address);
            tell(address.family(), errno);
        }
    }

    private void works(IpAddress.Family family) {
        usable.add(family);
        if (told.remove(family)) {
            LOG.info("{} works with {} again", link.name(), HostSettings.name(family));
        }
    }

    private void tell(IpAddress.Family family, int errno) {
        if (told.add(family)) {
            var reason = HostSettings.switchedOff(family, link.name());
            LOG.warn(
                    "{} works without {}: {}",
                    link.name(),
                    HostSettings.name(family),
                    reason.orElseGet(() -> Libc.C.strerror(errno)));
        }
    }

    private void ensureRoutes(Set<Part> gone) throws IOException {
        var allWanted = new HashSet<TableRoute>();
        for (var family : IpAddress.Family.values()) {
            var own = ownRoutes(family);
            var wanted = new LinkedHashSet<>(own);
            wanted.addAll(copies(family));
            allWanted.addAll(wanted);
            var present = present(family);
            for (var route : present) {
                if (!wanted.contains(route)) {
                    route.remove(netlink);
                }
            }
            for (var route : wanted) {
                if (present.contains(route)) {
                    inPlace.add(route);
                } else {
                    add(route, own.contains(route), gone);
                }
            }
        }
        inPlace.removeIf(item -> item instanceof TableRoute route && !allWanted.contains(route));
    }

    /// A copy that went did so with what it is a copy of.
    private void add(TableRoute route, boolean isOwn, Set<Part> gone) throws IOException {
        int errno = route.add(netlink);
        if (errno != 0 && errno != Errno.EEXIST) {
            LOG.debug("{}: no route: {}", link.name(), Libc.C.strerror(errno));
        } else if (isOwn) {
            note(route, Part.ROUTE, gone);
        }
    }

    private Set<TableRoute> ownRoutes(IpAddress.Family family) {
        var own = new LinkedHashSet<TableRoute>();
        for (var network : routes) {
            if (network.address().family() == family && usable.contains(family)) {
                int table = network.prefixLength() == 0 ? INTERNET_TABLE : RESOURCE_TABLE;
                own.add(TableRoute.toDevice(table, network, link.index()));
            }
        }
        return own;
    }

    private Set<TableRoute> copies(IpAddress.Family family) throws IOException {
        var copies = new LinkedHashSet<TableRoute>();
        for (var route : TableRoute.connected(netlink, family)) {
            if (route.device() != link.index()) {
                copies.add(route.inTable(LOCAL_TABLE));
            }
        }
        return copies;
    }

    private Set<TableRoute> present(IpAddress.Family family) throws IOException {
        var present = new LinkedHashSet<TableRoute>();
        for (int table : TABLES) {
            present.addAll(TableRoute.all(netlink, family, table));
        }
        return present;
    }

    private void ensureRules(Set<Part> gone) throws IOException {
        for (var family : IpAddress.Family.values()) {
            var wanted = rules(family);
            var present = ownRules(family);
            for (var rule : present) {
                if (!wanted.contains(rule)) {
                    rule.remove(netlink);
                }
            }
            for (var rule : wanted) {
                if (present.contains(rule)) {
                    inPlace.add(rule);
                } else if (rule.add(netlink) == 0) {
                    note(rule, Part.RULE, gone);
                }
            }
        }
    }

    private static List<PolicyRule> rules(IpAddress.Family family) {
        return TABLES.stream()
                .map(
                        table ->
                                new PolicyRule(
                                        family,
                                        PRIORITIES.get(table),
                                        table,
                                        UdpConfig.TUNNEL_MARK,
                                        true))
                .toList();
    }

    /// Whatever leads to our tables, of whichever life.
    private List<PolicyRule> ownRules(IpAddress.Family family) throws IOException {
        return PolicyRule.all(netlink, family).stream()
                .filter(rule -> TABLES.contains(rule.table()))
                .toList();
    }

    /// Leaves nothing: rules, tables. Addresses and link go with the device.
    @Override
    public synchronized void close() {
        isConfigured = false;
        try {
            for (var family : IpAddress.Family.values()) {
                for (var rule : ownRules(family)) {
                    rule.remove(netlink);
                }
                for (var route : present(family)) {
                    route.remove(netlink);
                }
            }
        } catch (IOException e) {
            LOG.warn("rules and routes are not removed: {}", e.getMessage());
        }
        reversePath.restore();
        netlink.close();
    }
}
