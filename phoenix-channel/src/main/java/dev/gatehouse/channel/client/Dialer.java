package dev.gatehouse.channel.client;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Finds an address of a host that accepts connections: resolves the name before each attempt and,
/// where there are several addresses, tries all at once.
///
/// If a name is not resolved within 2 s, the addresses that it had last are taken: a resolver that
/// is away must not cost the portal.
///
/// The probe's connection is closed again: an upgrade must be asked for once only, since a portal
/// takes each one for another peer.
final class Dialer {
    static final int TCP_LIMIT_MS = 5_000;
    private static final int RESOLVE_LIMIT_MS = 2_000;

    private final Vertx vertx;
    private final PortalNetwork network;
    private final NetClient probes;
    private volatile Resolved last = new Resolved("", List.of());

    private record Resolved(String host, List<InetAddress> addresses) {}

    Dialer(Vertx vertx, PortalNetwork network) {
        this.vertx = vertx;
        this.network = network;
        this.probes = vertx.createNetClient(new NetClientOptions().setConnectTimeout(TCP_LIMIT_MS));
    }

    Future<SocketAddress> reach(String host, int port) {
        var before = last;
        var resolved =
                network.resolve(vertx, host)
                        .onSuccess(addresses -> last = new Resolved(host, addresses));
        var addresses =
                before.host.equals(host)
                        ? resolved.timeout(RESOLVE_LIMIT_MS, TimeUnit.MILLISECONDS)
                                .otherwise(before.addresses)
                        : resolved;
        return addresses.compose(found -> firstToAccept(at(found, port)));
    }

    private static List<SocketAddress> at(List<InetAddress> addresses, int port) {
        return addresses.stream()
                .map(address -> SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                .distinct()
                .toList();
    }

    private Future<SocketAddress> firstToAccept(List<SocketAddress> addresses) {
        if (addresses.size() == 1) {
            return Future.succeededFuture(addresses.getFirst());
        }
        var winner = Promise.<SocketAddress>promise();
        var failures = new AtomicInteger();
        for (var address : addresses) {
            probes.connect(address)
                    .onSuccess(
                            socket -> {
                                winner.tryComplete(address);
                                socket.close();
                            })
                    .onFailure(
                            failure -> {
                                if (failures.incrementAndGet() == addresses.size()) {
                                    winner.tryFail(failure);
                                }
                            });
        }
        return winner.future();
    }
}
