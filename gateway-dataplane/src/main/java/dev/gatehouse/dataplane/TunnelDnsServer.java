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
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers queries of clients on the gateway's tunnel addresses by asking the host's
/// nameservers over the same transport (tunnel.md 8.3), the fastest first, the next when that one
/// refuses or is silent. Clients ask for SRV and TXT, and ours whether a name has IPv6 addresses,
/// which is answered with no where the host has no IPv6.
///
/// Past 1,000 queries at once a query is refused with SERVFAIL, as one without answer is.
final class TunnelDnsServer {
    static final int PORT = 53_535;

    private static final Logger LOG = LoggerFactory.getLogger(TunnelDnsServer.class);
    private static final long QUERY_LIMIT_MS = 5_000;
    private static final int CONCURRENT_MAX = 1000;
    private static final int UDP_ANSWER_LENGTH_MAX = 1200;
    private static final int EDNS_VERSION = 0;
    private static final int BIND_ATTEMPTS = 3;
    private static final long BIND_RETRY_MS = 100;

    private final Vertx vertx;
    private final int port;
    private final Context context;
    private final DnsUpstream upstream;
    private final Nameservers nameservers;
    private final BooleanSupplier hasV6;
    private final List<Supplier<Future<?>>> open = new ArrayList<>();
    private boolean started;
    private int concurrent;

    static TunnelDnsServer ofHost(Vertx vertx) {
        var configuration = SystemResolver.CONFIGURATION;
        return new TunnelDnsServer(
                vertx, PORT, DnsUpstream.PORT, configuration, HostFamilies::hasV6);
    }

    /// For tests.
    TunnelDnsServer(
            Vertx vertx, int port, int upstreamPort, Path configuration, BooleanSupplier hasV6) {
        this.vertx = vertx;
        this.hasV6 = hasV6;
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
    private Future<Buffer> answer(Buffer bytes, List<String> servers, boolean overUdp) {
        var parsed = DnsMessage.parse(bytes).filter(DnsMessage::isQuery);
        if (parsed.isEmpty()) {
            return Future.failedFuture("not a query");
        }
        var query = parsed.get();
        if (query.opt().filter(opt -> opt.getVersion() > EDNS_VERSION).isPresent()) {
            return Future.succeededFuture(query.badVersion(UDP_ANSWER_LENGTH_MAX));
        }
        if (query.asksForV6() && !hasV6.getAsBoolean()) {
            return Future.succeededFuture(query.noData(UDP_ANSWER_LENGTH_MAX));
        }
        if (servers.isEmpty() || concurrent >= CONCURRENT_MAX) {
            return Future.succeededFuture(query.serverFailure(UDP_ANSWER_LENGTH_MAX));
        }
        concurrent++;
        return ask(query, servers, overUdp)
                .map(found -> reply(found.withId(query.id()), query, overUdp))
                .otherwise(query.serverFailure(UDP_ANSWER_LENGTH_MAX))
                .onComplete(_ -> concurrent--);
    }

    /// One server after the other, until one neither refuses nor is silent for its share of time.
    private Future<DnsMessage> ask(DnsMessage query, List<String> servers, boolean overUdp) {
        long shareMs = QUERY_LIMIT_MS / servers.size();
        var asked = ask(query, servers.getFirst(), overUdp, shareMs);
        for (var next : servers.subList(1, servers.size())) {
            asked =
                    asked.transform(
                            done ->
                                    done.succeeded() && !done.result().isRefusal()
                                            ? Future.succeededFuture(done.result())
                                            : ask(query, next, overUdp, shareMs));
        }
        return asked;
    }

    private Future<DnsMessage> ask(DnsMessage query, String server, boolean overUdp, long limitMs) {
        var forwarded = query.withId(upstream.freshId()).bytes();
        return overUdp
                ? upstream.overUdp(server, forwarded, limitMs)
                : upstream.overTcp(server, forwarded, limitMs);
    }

    private static Buffer reply(DnsMessage found, DnsMessage query, boolean overUdp) {
        return overUdp
                ? found.toUdp(query, UDP_ANSWER_LENGTH_MAX)
                : found.withOptFor(query, UDP_ANSWER_LENGTH_MAX);
    }

    /// Answers of servers to questions that were not asked; any thread may read it.
    long mismatched() {
        return upstream.mismatched();
    }
}
