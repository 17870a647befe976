package dev.gatehouse.channel.client;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.InetAddress;
import java.util.List;

/// How a portal is found and reached: by the system's resolver and sockets, or by others that a
/// peer needs because the system's would lead into its own tunnel.
public interface PortalNetwork {
    /// What every program has.
    PortalNetwork SYSTEM =
            new PortalNetwork() {
                @Override
                public Future<List<InetAddress>> resolve(Vertx vertx, String host) {
                    return vertx.executeBlocking(
                            () -> List.of(InetAddress.getAllByName(host)), false);
                }

                @Override
                public Vertx open(VertxOptions options) {
                    return Vertx.vertx(options);
                }
            };

    /// The addresses that a host has at this moment; fails if none is found.
    ///
    /// @param vertx whose threads may be used
    Future<List<InetAddress>> resolve(Vertx vertx, String host);

    /// A Vert.x whose sockets reach the portal.
    Vertx open(VertxOptions options);
}
