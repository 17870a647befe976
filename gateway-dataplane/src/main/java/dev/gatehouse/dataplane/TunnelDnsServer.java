package dev.gatehouse.dataplane;

import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers SRV and TXT queries of clients on the gateway's tunnel addresses by asking the host's
/// nameservers over the same transport (tunnel.md 8.3).
///
/// Past 1,000 queries at once a query is refused with SERVFAIL, as one without answer is.
final class TunnelDnsServer {
    static final int PORT = 53_535;

    private static final Logger LOG = LoggerFactory.getLogger(TunnelDnsServer.class);
    private static final long QUERY_LIMIT_MS = 5_000;
    private static final int CONCURRENT_MAX = 1000;
    private static final int UDP_ANSWER_LENGTH_MAX = 1200;
    private static final int BIND_ATTEMPTS = 3;
    private static final long BIND_RETRY_MS = 100;

    private final Vertx vertx;
    private final int port;
    private final Context context;
    private final DnsUpstream upstream;
    private final Nameservers nameservers;
    private final List<Supplier<Future<?>>> open = new ArrayList<>();
    private boolean started;
    private int concurrent;

    /// @param port and `upstreamPort`, `configuration`: constants, but in tests
    TunnelDnsServer(Vertx vertx, int port, int upstreamPort, Path configuration) {
        this.vertx = vertx;
        this.port = port;
        context = vertx.getOrCreateContext();
        upstream = new DnsUpstream(vertx, upstreamPort);
        nameservers = new Nameservers(vertx, configuration, upstream);
    }

    /// Listens on these addresses instead of those before; any thread may call. Completes when each
    /// has succeeded or failed for good.
    Future<Void> listenOn(List<IpAddress> addresses) {
        var done = Promise.<Void>promise();
        context.runOnContext(
                _ -> {
                    if (!started) {
                        started = true;
                        nameservers.start();
                    }
                    var closing = open.stream().map(Supplier::get).toList();
                    open.clear();
                    Future.join(closing)
                            .otherwiseEmpty()
                            .compose(_ -> listenOnAll(addresses))
                            .onComplete(done);
                });
        return done.future();
    }

    private Future<Void> listenOnAll(List<IpAddress> addresses) {
        var all = addresses.stream().map(address -> listen(address, BIND_ATTEMPTS)).toList();
        return Future.join(all).mapEmpty();
    }

    private Future<Void> listen(IpAddress address, int attempts) {
        String host = address.toString();
        var options = new DatagramSocketOptions().setIpV6(!address.isV4());
        DatagramSocket udp = vertx.createDatagramSocket(options);
        NetServer tcp = vertx.createNetServer(new NetServerOptions().setIdleTimeout(30));
        udp.handler(
                packet ->
                        answer(packet.data(), nameservers.forUdp(), true)
                                .onSuccess(
                                        reply ->
                                                udp.send(
                                                        reply,
                                                        packet.sender().port(),
                                                        packet.sender().host())));
        tcp.connectHandler(this::serve);
        return Future.join(udp.listen(port, host), tcp.listen(port, host))
                .<Void>mapEmpty()
                .onSuccess(
                        _ -> {
                            open.add(udp::close);
                            open.add(tcp::close);
                        })
                .recover(
                        failure ->
                                Future.join(udp.close(), tcp.close())
                                        .otherwiseEmpty()
                                        .compose(_ -> retry(address, attempts - 1, failure)));
    }

    private Future<Void> retry(IpAddress address, int attempts, Throwable failure) {
        if (attempts > 0) {
            return vertx.timer(BIND_RETRY_MS, TimeUnit.MILLISECONDS)
                    .compose(_ -> listen(address, attempts));
        }
        LOG.warn("no DNS server on {}: {}", address.family(), failure.getMessage());
        return Future.succeededFuture();
    }

    private void serve(NetSocket socket) {
        socket.handler(
                DnsFraming.reader(
                        query ->
                                answer(query, nameservers.forTcp(), false)
                                        .onSuccess(r -> socket.write(DnsFraming.frame(r)))));
        socket.exceptionHandler(_ -> socket.close());
    }

    /// Fails, and nothing is sent, if that is no query.
    private Future<Buffer> answer(Buffer bytes, Optional<String> server, boolean overUdp) {
        var parsed = DnsMessage.parse(bytes).filter(DnsMessage::isQuery);
        if (parsed.isEmpty()) {
            return Future.failedFuture("not a query");
        }
        var query = parsed.get();
        if (server.isEmpty() || concurrent >= CONCURRENT_MAX) {
            return Future.succeededFuture(query.serverFailure());
        }
        concurrent++;
        var forwarded = query.withId(upstream.freshId());
        var asked =
                overUdp
                        ? upstream.overUdp(server.get(), forwarded, QUERY_LIMIT_MS)
                        : upstream.overTcp(server.get(), forwarded, QUERY_LIMIT_MS);
        return asked.map(found -> reply(found, query.id(), overUdp))
                .otherwise(query.serverFailure())
                .onComplete(_ -> concurrent--);
    }

    private static Buffer reply(DnsMessage found, int id, boolean overUdp) {
        var whole = found.withId(id);
        if (!overUdp || whole.length() <= UDP_ANSWER_LENGTH_MAX) {
            return whole;
        }
        return DnsMessage.parse(whole).orElseThrow().truncated();
    }
}
