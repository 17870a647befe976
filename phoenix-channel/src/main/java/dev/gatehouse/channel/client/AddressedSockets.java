package dev.gatehouse.channel.client;

import io.netty.util.NetUtil;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;

/// Opens WebSockets at an address of our choice under the name of a host, which is what a
/// certificate is checked for.
///
/// The WebSocket client of Vert.x cannot be told the one apart from the other, and its resolver
/// asks the name servers of the process's first moment for ever. So each address gets a Vert.x with
/// a resolver that knows this name alone; it is replaced when the address changes. Futures complete
/// on its event loop. Not thread-safe.
final class AddressedSockets {
    private final Vertx vertx;
    private final PortalNetwork network;
    private final WebSocketClientOptions options;
    private WebSocketClient sockets; // to the host at the address
    private Vertx own; // null while the host is an address itself
    private String host = "";
    private String address = "";

    AddressedSockets(Vertx vertx, PortalNetwork network, WebSocketClientOptions options) {
        this.vertx = vertx;
        this.network = network;
        this.options = options;
    }

    /// Without TLS, which needs the name, Vert.x is told the address alone: it waits for ever for a
    /// host with an underscore.
    ///
    /// @param connect with a `Host` header
    /// @param at an IP address of the host that `connect` names
    Future<WebSocket> connect(WebSocketConnectOptions connect, String at) {
        if (!connect.isSsl()) {
            connect.setHost(at);
        }
        if (sockets == null || !connect.getHost().equals(host) || !at.equals(address)) {
            close();
            host = connect.getHost();
            address = at;
            sockets = makeClient().createWebSocketClient(options);
        }
        return sockets.connect(connect);
    }

    private Vertx makeClient() {
        if (NetUtil.isValidIpV4Address(host) || NetUtil.isValidIpV6Address(host)) {
            return vertx;
        }
        var hosts = Buffer.buffer(address + " " + host + "\n");
        var resolver = new AddressResolverOptions().setHostsValue(hosts);
        own =
                network.open(
                        new VertxOptions()
                                .setEventLoopPoolSize(1)
                                .setWorkerPoolSize(1)
                                .setInternalBlockingPoolSize(1)
                                .setAddressResolverOptions(resolver));
        return own;
    }

    /// Ends sockets that are still open; the next [#connect] begins anew.
    void close() {
        if (sockets != null) {
            sockets.close();
            sockets = null;
        }
        if (own != null) {
            own.close();
            own = null;
        }
    }
}
