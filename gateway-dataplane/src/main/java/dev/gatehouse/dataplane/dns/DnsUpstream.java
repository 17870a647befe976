package dev.gatehouse.dataplane.dns;

import dev.gatehouse.wire.IpAddress;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SocketAddress;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Asks one nameserver one question, from a port of its own and with an id of its own, so that a
/// stranger cannot answer in its place.
final class DnsUpstream {
    static final int PORT = 53;

    /// Messages of one connection that answer something else: more is a flood.
    private static final int WRONG_MAX = 16;

    private final Vertx vertx;
    private final int port;
    private final NetClient tcp;
    private final SecureRandom random = new SecureRandom();
    private final AtomicLong mismatched = new AtomicLong();

    /// @param port 53, but in tests
    DnsUpstream(Vertx vertx, int port) {
        this.vertx = vertx;
        this.port = port;
        tcp = vertx.createNetClient(new NetClientOptions().setConnectTimeout(2_000));
    }

    /// @param server an IP address
    /// @param limitMs fails after that long
    Future<DnsMessage> overUdp(String server, Buffer query, long limitMs) {
        var asked = DnsMessage.parse(query).orElseThrow();
        var answer = Promise.<DnsMessage>promise();
        boolean v6 = server.indexOf(':') >= 0;
        var socket = vertx.createDatagramSocket(new DatagramSocketOptions().setIpV6(v6));
        socket.handler(
                packet -> {
                    if (isFrom(packet.sender(), server)) {
                        accept(asked, packet.data(), answer);
                    }
                });
        socket.exceptionHandler(answer::tryFail);
        socket.listen(0, v6 ? "::" : "0.0.0.0")
                .compose(bound -> bound.send(query, port, server))
                .onFailure(answer::tryFail);
        long timer = vertx.setTimer(limitMs, _ -> answer.tryFail("no answer in time"));
        return answer.future()
                .onComplete(
                        _ -> {
                            vertx.cancelTimer(timer);
                            socket.close();
                        });
    }

    /// One IPv6 address has many spellings: addresses are compared, never texts.
    private boolean isFrom(SocketAddress sender, String server) {
        return sender.port() == port && address(sender.host()).equals(address(server));
    }

    /// True if `text` is an IP address, with or without a zone.
    static boolean isServer(String text) {
        try {
            address(text);
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }

    /// An address with or without a zone.
    static IpAddress address(String text) {
        int zone = text.indexOf('%');
        return IpAddress.parse(zone < 0 ? text : text.substring(0, zone));
    }

    Future<DnsMessage> overTcp(String server, Buffer query, long limitMs) {
        var asked = DnsMessage.parse(query).orElseThrow();
        var answer = Promise.<DnsMessage>promise();
        long timer = vertx.setTimer(limitMs, _ -> answer.tryFail("no answer in time"));
        tcp.connect(port, server)
                .onFailure(answer::tryFail)
                .onSuccess(
                        socket -> {
                            answer.future().onComplete(_ -> socket.close());
                            var wrong = new AtomicInteger();
                            socket.handler(
                                    DnsFraming.reader(
                                            bytes -> {
                                                if (!accept(asked, bytes, answer)
                                                        && wrong.incrementAndGet() >= WRONG_MAX) {
                                                    answer.tryFail("answers something else");
                                                }
                                            }));
                            socket.closeHandler(_ -> answer.tryFail("closed"));
                            socket.write(DnsFraming.frame(query));
                        });
        return answer.future().onComplete(_ -> vertx.cancelTimer(timer));
    }

    /// What is no answer to the question is dropped and counted: the answer may yet come.
    private boolean accept(DnsMessage asked, Buffer bytes, Promise<DnsMessage> answer) {
        var found = DnsMessage.parse(bytes).filter(m -> m.answers(asked));
        if (found.isEmpty()) {
            mismatched.incrementAndGet();
        }
        found.ifPresent(answer::tryComplete);
        return found.isPresent();
    }

    /// Messages so far that were no answer to what had been asked; any thread may read it.
    long mismatched() {
        return mismatched.get();
    }

    int freshId() {
        return random.nextInt(0x10000);
    }
}
