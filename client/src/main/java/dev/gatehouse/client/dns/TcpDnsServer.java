package dev.gatehouse.client.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.wire.IpAddress;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.TooLongFrameException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes DNS over TCP on the interface's addresses, to which the packet path turns connections to
/// sentinels (client.md 14).
///
/// At most ten connections for each sentinel: the one that has asked nothing for longest makes room
/// for another. Each may have 16 queries on the way, so that those of all sentinels leave room in
/// the loop's queue for the portal's word; nothing more is read of one whose answers nobody reads,
/// and silence of 30 s ends it.
final class TcpDnsServer {
    static final int CONNECTIONS_MAX = 10;
    static final int OWED_MAX = 16;
    static final int QUERY_LENGTH_MAX = 4_096; // one name; more is no question of a resolver

    private static final Logger LOG = LoggerFactory.getLogger(TcpDnsServer.class);
    private static final int KERNEL_BUFFER_BYTES = 64 << 10;
    private static final WriteBufferWaterMark UNREAD_BYTES =
            new WriteBufferWaterMark(8 << 10, 16 << 10);
    private static final Duration IDLE_MAX = Duration.ofSeconds(30);

    private final EventLoopGroup thread;
    private final Predicate<TcpDnsQuery> onQuery;
    private final int port;
    private final Predicate<IpAddress> isSentinel;
    private final AtomicLong refused = new AtomicLong();

    /// Of the thread; that which asked something last is the last one.
    private final Map<IpAddress, LinkedHashSet<Connection>> connections = new TreeMap<>();

    private final List<ChannelFuture> listening = new ArrayList<>(); // of the loop
    private List<IpAddress> addresses = List.of(); // of the loop

    /// @param onQuery has a query decided on; false if that is not possible at present
    TcpDnsServer(
            EventLoopGroup thread,
            Predicate<TcpDnsQuery> onQuery,
            int port,
            Predicate<IpAddress> isSentinel) {
        this.thread = thread;
        this.onQuery = onQuery;
        this.port = port;
        this.isSentinel = isSentinel;
    }

    /// Listens on the interface's addresses, instead of those before. Called by the loop.
    void listenOn(List<IpAddress> wanted) {
        if (wanted.equals(addresses)) {
            return;
        }
        addresses = wanted;
        listening.forEach(bound -> bound.channel().close());
        listening.clear();
        for (var address : wanted) {
            var bound =
                    new ServerBootstrap()
                            .group(thread)
                            .channel(EpollServerSocketChannel.class)
                            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNREAD_BYTES)
                            .childOption(ChannelOption.SO_RCVBUF, KERNEL_BUFFER_BYTES)
                            .childOption(ChannelOption.SO_SNDBUF, KERNEL_BUFFER_BYTES)
                            .childHandler(
                                    DnsFrames.pipeline(IDLE_MAX, QUERY_LENGTH_MAX, Connection::new))
                            .bind(DnsFrames.inet(address), port);
            bound.addListener(
                    done -> {
                        if (!done.isSuccess()) {
                            LOG.warn("no DNS over TCP on {}: {}", address, done.cause().toString());
                        }
                    });
            listening.add(bound);
        }
    }

    /// Connections so far that made room for others, or sent what is no query. Any thread.
    long refused() {
        return refused.get();
    }

    /// A resolver that asks a sentinel. Of the thread.
    private final class Connection extends SimpleChannelInboundHandler<ByteBuf> {
        private IpAddress sentinel; // null: refused, or gone
        private Channel channel;
        private final ArrayDeque<DnsPayload> received = new ArrayDeque<>(); // of one read
        private int owed;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            var remote = ((InetSocketAddress) context.channel().remoteAddress()).getAddress();
            var address = IpAddress.ofBytes(remote.getAddress());
            if (!isSentinel.test(address)) {
                context.close();
                return;
            }
            var others = connections.computeIfAbsent(address, _ -> new LinkedHashSet<>());
            if (others.size() >= CONNECTIONS_MAX) {
                refused.incrementAndGet();
                others.removeFirst().giveWay();
            }
            others.add(this);
            sentinel = address;
            channel = context.channel();
        }

        private void giveWay() {
            sentinel = null;
            channel.close();
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            if (sentinel != null) {
                received.add(new DnsPayload(ByteBufUtil.getBytes(message)));
                askWhatMay();
            }
        }

        /// Nothing more is read before everything that was read is asked.
        private void askWhatMay() {
            while (mayAsk() && !received.isEmpty()) {
                ask(received.remove());
            }
            channel.config().setAutoRead(mayAsk());
        }

        private boolean mayAsk() {
            return sentinel != null && owed < OWED_MAX && channel.isWritable();
        }

        private void ask(DnsPayload query) {
            connections.get(sentinel).addLast(this);
            owed++;
            var asked = new TcpDnsQuery(sentinel, query, this::reply);
            if (!onQuery.test(asked)) {
                channel.close();
            }
        }

        /// Any thread.
        private void reply(DnsPayload answer) {
            channel.eventLoop()
                    .execute(
                            () -> {
                                owed--;
                                channel.writeAndFlush(Unpooled.wrappedBuffer(answer.bytes()));
                                askWhatMay();
                            });
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (sentinel != null) {
                askWhatMay();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (sentinel != null) {
                var others = connections.get(sentinel);
                others.remove(this);
                if (others.isEmpty()) {
                    connections.remove(sentinel);
                }
                sentinel = null;
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (cause instanceof TooLongFrameException) {
                refused.incrementAndGet();
            }
            context.close();
        }
    }
}
