package dev.gatehouse.channel;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Finds an address of a host that accepts connections: resolves the name with the system resolver
/// before each attempt and, where there are several addresses, tries all at once.
///
/// The probe's connection is closed again: an upgrade must be asked for once only, since a portal
/// takes each one for another peer.
final class Dialer {
    static final int TCP_LIMIT_MS = 5_000;

    private final Vertx vertx;
    private final NetClient probes;

    Dialer(Vertx vertx) {
        this.vertx = vertx;
        this.probes = vertx.createNetClient(new NetClientOptions().setConnectTimeout(TCP_LIMIT_MS));
    }

    Future<SocketAddress> reach(String host, int port) {
        return vertx.executeBlocking(() -> resolve(host, port), false).compose(this::firstToAccept);
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
