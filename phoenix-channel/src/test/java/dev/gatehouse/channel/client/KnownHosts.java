package dev.gatehouse.channel.client;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// A network where every name means the same, but numbers themselves; none: no name means anything.
///
/// @param addresses may be replaced while a client runs
record KnownHosts(AtomicReference<List<String>> addresses) implements PortalNetwork {
    static KnownHosts of(String... addresses) {
        return new KnownHosts(new AtomicReference<>(List.of(addresses)));
    }

    @Override
    public Future<List<InetAddress>> resolve(Vertx vertx, String host) {
        return Character.isDigit(host.charAt(0))
                ? PortalNetwork.SYSTEM.resolve(vertx, host)
                : Optional.of(addresses.get())
                        .filter(known -> !known.isEmpty())
                        .map(known -> Future.succeededFuture(numbers(known)))
                        .orElseGet(() -> Future.failedFuture(new UnknownHostException(host)));
    }

    private static List<InetAddress> numbers(List<String> texts) {
        return texts.stream().map(InetAddress::ofLiteral).toList();
    }

    @Override
    public Vertx open(VertxOptions options) {
        return Vertx.vertx(options);
    }
}
