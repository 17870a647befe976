package dev.gatehouse.channel;

import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// Finds an address of a host that accepts connections: resolves the name with the system resolver
/// before each attempt and, where there are several addresses, tries all at once.
///
/// A client's name servers may be such that only its own tunnels reach them, which need the portal:
/// if a name is not resolved within 2 s, addresses known from before are taken.
///
/// The probe's connection is closed again: an upgrade must be asked for once only, since a portal
/// takes each one for another peer.
final class Dialer {
    static final int TCP_LIMIT_MS = 5_000;
    private static final int RESOLVE_LIMIT_MS = 2_000;

    private final Vertx vertx;
    private final List<IpAddress> known;
    private final NetClient probes;

    Dialer(Vertx vertx, List<IpAddress> known) {
        this.vertx = vertx;
        this.known = known;
        this.probes = vertx.createNetClient(new NetClientOptions().setConnectTimeout(TCP_LIMIT_MS));
    }

    Future<SocketAddress> reach(String host, int port) {
        var resolved = vertx.executeBlocking(() -> resolve(host, port), false);
        var addresses =
                known.isEmpty()
                        ? resolved
                        : resolved.timeout(RESOLVE_LIMIT_MS, TimeUnit.MILLISECONDS)
                                .otherwise(knownAt(port));
        return addresses.compose(this::firstToAccept);
    }

    private List<SocketAddress> knownAt(int port) {
        return known.stream()
                .map(address -> SocketAddress.inetSocketAddress(port, address.toString()))
                .toList();
    }

    private static List<SocketAddress> resolve(String host, int port) throws Exception {
        return Arrays.stream(InetAddress.getAllByName(host))
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
