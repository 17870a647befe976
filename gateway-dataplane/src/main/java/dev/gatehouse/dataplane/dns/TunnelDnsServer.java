package dev.gatehouse.dataplane.dns;

import dev.gatehouse.tunnel.TunnelRanges;
import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramPacket;
import io.vertx.core.datagram.DatagramSocket;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers queries of clients on the gateway's tunnel addresses by asking the host's
/// nameservers over the same transport (tunnel.md 8.3), the fastest first, the next when that one
/// refuses or is silent. Clients ask for SRV and TXT, and ours whether a name has IPv6 addresses,
/// which is answered with no where the host has no IPv6.
///
/// At once 1,000 queries are asked, 100 of one client; what comes meanwhile waits, and clients take
/// turns, so that after a restart all may ask all their names. Past 1,024 that wait of a client, or
/// 32,768 of all, and after 5 s of waiting, a query is told SERVFAIL, as one without answer is.
/// Nobody but clients is answered. What connections may cost: [DnsConnections].
public final class TunnelDnsServer {
    static final int PORT = 53_535;

    private static final Logger LOG = LoggerFactory.getLogger(TunnelDnsServer.class);
    private static final Turns.Limits LIMITS = new Turns.Limits(1_000, 100, 32_768, 1_024);
    private static final long QUERY_LIMIT_MS = 5_000;
    private static final long TIMEOUTS_EVERY_MS = 5_000;
    private static final int UDP_ANSWER_LENGTH_MAX = 1200;
    private static final int UDP_BUFFER_BYTES = 4 << 20; // 1,000 clients with ten names at once
    private static final int EDNS_VERSION = 0;
    private static final int BIND_ATTEMPTS = 3;
    private static final long BIND_RETRY_MS = 100;

    private final Vertx vertx;
    private final int port;
    private final Context context;
    private final DnsUpstream upstream;
    private final Nameservers nameservers;
    private final BooleanSupplier hasV6;
    private final Predicate<IpAddress> isClient;
    private final Turns<Asked> turns = new Turns<>(LIMITS);
    private final DnsRefusals refusals = new DnsRefusals();
    private final DnsConnections connections =
            new DnsConnections(
                    System::nanoTime,
                    refusals,
                    (client, query) -> answer(client, query, nameservers().forTcp(), false));
    private final List<Supplier<Future<?>>> open = new ArrayList<>();
    private boolean started;

    /// A query that waits for its turn.
    private record Asked(
            IpAddress client,
            DnsMessage query,
            List<String> servers,
            boolean overUdp,
            long untilNs,
            Promise<Buffer> reply) {}

    public static TunnelDnsServer ofHost(Vertx vertx) {
        var configuration = SystemResolver.CONFIGURATION;
        return new TunnelDnsServer(
                vertx,
                PORT,
                DnsUpstream.PORT,
                configuration,
                HostFamilies::hasV6,
                TunnelRanges::isTunnel);
    }

    /// For tests.
    TunnelDnsServer(
            Vertx vertx,
            int port,
            int upstreamPort,
            Path configuration,
            BooleanSupplier hasV6,
            Predicate<IpAddress> isClient) {
        this.vertx = vertx;
        this.hasV6 = hasV6;
        this.isClient = isClient;
        this.port = port;
        context = vertx.getOrCreateContext();
        upstream = new DnsUpstream(vertx, upstreamPort);
        nameservers = new Nameservers(vertx, configuration, upstream);
    }

    /// Listens on these addresses instead of those before; any thread may call. Completes when each
    /// has succeeded or failed for good.
    public Future<Void> listenOn(List<IpAddress> addresses) {
        var done = Promise.<Void>promise();
        context.runOnContext(
                _ -> {
                    if (!started) {
                        started = true;
                        nameservers.start();
                        vertx.setPeriodic(TIMEOUTS_EVERY_MS, _ -> connections.handleTimeout());
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
        options.setReceiveBufferSize(UDP_BUFFER_BYTES);
        DatagramSocket udp = vertx.createDatagramSocket(options);
        NetServer tcp = vertx.createNetServer(DnsConnections.options());
        udp.handler(packet -> serve(udp, packet));
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

    private void serve(DatagramSocket udp, DatagramPacket packet) {
        var sender = packet.sender();
        knownClient(sender)
                .ifPresent(
                        client ->
                                answer(client, packet.data(), nameservers.forUdp(), true)
                                        .onSuccess(
                                                reply ->
                                                        udp.send(
                                                                reply,
                                                                sender.port(),
                                                                sender.host())));
    }

    private void serve(NetSocket socket) {
        knownClient(socket.remoteAddress())
                .ifPresentOrElse(client -> connections.serve(client, socket), socket::close);
    }

    /// Empty, and counted, if it is none.
    private Optional<IpAddress> knownClient(SocketAddress sender) {
        var client = Optional.of(DnsUpstream.address(sender.host())).filter(isClient);
        if (client.isEmpty()) {
            refusals.count(DnsRefusals.What.STRANGER);
        }
        return client;
    }

    private Nameservers nameservers() {
        return nameservers;
    }

    /// Fails, and nothing is sent, if that is no query.
    private Future<Buffer> answer(
            IpAddress client, Buffer bytes, List<String> servers, boolean overUdp) {
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
        if (servers.isEmpty()) {
            return Future.succeededFuture(query.serverFailure(UDP_ANSWER_LENGTH_MAX));
        }
        long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(QUERY_LIMIT_MS);
        var asked = new Asked(client, query, servers, overUdp, untilNs, Promise.promise());
        if (turns.offer(client, asked)) {
            askNext();
        } else {
            refuse(asked);
        }
        return asked.reply.future();
    }

    private void refuse(Asked asked) {
        refusals.count(DnsRefusals.What.QUERY);
        asked.reply.complete(asked.query.serverFailure(UDP_ANSWER_LENGTH_MAX));
    }

    private void askNext() {
        turns.beginAll(this::ask);
    }

    private void ask(Asked asked) {
        if (System.nanoTime() - asked.untilNs > 0) {
            turns.done(asked.client);
            refuse(asked);
            return;
        }
        var query = asked.query;
        ask(query, asked.servers, asked.overUdp)
                .map(found -> reply(found.withId(query.id()), query, asked.overUdp))
                .otherwise(_ -> query.serverFailure(UDP_ANSWER_LENGTH_MAX))
                .onComplete(
                        reply -> {
                            turns.done(asked.client);
                            asked.reply.complete(reply.result());
                            askNext();
                        });
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

    int connectionsOpen() {
        return connections.open();
    }

    /// Bytes of queries and answers that wait here.
    int bytesWaiting() {
        return connections.bytes();
    }

    /// What was refused so far; any thread may read it.
    public DnsRefusals refusals() {
        return refusals;
    }

    /// Answers of servers to questions that were not asked; any thread may read it.
    public long mismatched() {
        return upstream.mismatched();
    }
}
