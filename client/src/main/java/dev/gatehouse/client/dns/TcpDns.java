package dev.gatehouse.client.dns;

import dev.gatehouse.client.marked.Marked;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// DNS over TCP (client.md 12 and 14): answers queries to sentinels, whose connections the packet
/// path turns round to the interface's addresses, and asks servers. The loop decides on every
/// query; this class has one thread of its own for the connections.
///
/// At most ten connections for each sentinel: the one that has asked nothing for longest makes room
/// for another. Each may have 16 queries on the way, so that those of all sentinels leave room in
/// the loop's queue for the portal's word; nothing more is read of one whose answers nobody reads,
/// and silence of 30 s ends it. A server has 5 s, and may answer 16 other questions.
public final class TcpDns implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TcpDns.class);
    static final int CONNECTIONS_MAX = 10;
    static final int OWED_MAX = 16;
    static final int QUERY_LENGTH_MAX = 4_096; // one name; more is no question of a resolver
    private static final int WRONG_MAX = 16;
    private static final int KERNEL_BUFFER_BYTES = 64 << 10;
    private static final WriteBufferWaterMark UNREAD_BYTES =
            new WriteBufferWaterMark(8 << 10, 16 << 10);
    private static final Duration IDLE_MAX = Duration.ofSeconds(30);
    private static final Duration SERVER_WAIT = Duration.ofSeconds(5);
    private static final long AGAIN_MS = 100; // the loop has too much to do
    private static final int ANSWER_LENGTH_MAX = 65_535;
    private static final int PREFIX_LENGTH = 2;

    private final Predicate<TcpDnsQuery> onQuery;
    private final BiPredicate<Long, Optional<DnsPayload>> onAnswer;
    private final EventLoopGroup thread =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("tcp-dns", true), EpollIoHandler.newFactory());
    private final AtomicLong mismatched = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final int port;
    private final Predicate<IpAddress> isSentinel;

    /// Of the thread; that which asked something last is the last one.
    private final Map<IpAddress, LinkedHashSet<Connection>> connections = new TreeMap<>();

    private final List<ChannelFuture> listening = new ArrayList<>(); // of the loop
    private List<IpAddress> addresses = List.of(); // of the loop

    /// @param onQuery has a query decided on; false if that is not possible at present
    /// @param onAnswer told what became of a ticket, empty if there was no answer; false: tell it
    ///     again
    public TcpDns(
            Predicate<TcpDnsQuery> onQuery, BiPredicate<Long, Optional<DnsPayload>> onAnswer) {
        this(onQuery, onAnswer, AddressPlan.TCP_DNS_PORT, AddressPlan::isSentinel);
    }

    /// For tests.
    public TcpDns(
            Predicate<TcpDnsQuery> onQuery,
            BiPredicate<Long, Optional<DnsPayload>> onAnswer,
            int port,
            Predicate<IpAddress> isSentinel) {
        this.onQuery = onQuery;
        this.onAnswer = onAnswer;
        this.port = port;
        this.isSentinel = isSentinel;
    }

    /// Listens on the interface's addresses, instead of those before. Called by the loop.
    public void listenOn(List<IpAddress> wanted) {
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
                            .childHandler(pipeline(IDLE_MAX, QUERY_LENGTH_MAX, Connection::new))
                            .bind(inet(address), port);
            bound.addListener(
                    done -> {
                        if (!done.isSuccess()) {
                            LOG.warn("no DNS over TCP on {}: {}", address, done.cause().toString());
                        }
                    });
            listening.add(bound);
        }
    }

    /// Asks a server; what becomes of it is told to the loop, once.
    ///
    /// @param throughTunnel or past it
    public void ask(long ticket, Endpoint server, boolean throughTunnel, DnsPayload query) {
        var bootstrap =
                new Bootstrap()
                        .group(thread)
                        .channel(EpollSocketChannel.class)
                        .option(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                Math.toIntExact(SERVER_WAIT.toMillis()))
                        .handler(
                                pipeline(
                                        SERVER_WAIT,
                                        ANSWER_LENGTH_MAX,
                                        () -> new Question(ticket, query)));
        if (!throughTunnel) {
            bootstrap.option(Marked.OPTION, UdpConfig.TUNNEL_MARK);
        }
        bootstrap
                .connect(inet(server.address()), server.port())
                .addListener(
                        connected -> {
                            if (!connected.isSuccess()) {
                                LOG.debug("no DNS over TCP from {}", server, connected.cause());
                                tell(ticket, Optional.empty());
                            }
                        });
    }

    private void tell(long ticket, Optional<DnsPayload> answer) {
        if (!onAnswer.test(ticket, answer) && !thread.isShuttingDown()) {
            thread.schedule(() -> tell(ticket, answer), AGAIN_MS, TimeUnit.MILLISECONDS);
        }
    }

    /// Messages of servers so far that were no answer to the question. Any thread.
    public long mismatched() {
        return mismatched.get();
    }

    /// Connections so far that made room for others, or sent what is no query. Any thread.
    public long refused() {
        return refused.get();
    }

    /// Handlers of messages with their length in front, RFC 1035 4.2.2.
    private static ChannelInitializer<SocketChannel> pipeline(
            Duration silence, int lengthMax, Supplier<ChannelHandler> last) {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(SocketChannel channel) {
                channel.pipeline()
                        .addLast(new ReadTimeoutHandler(silence.toSeconds(), TimeUnit.SECONDS))
                        .addLast(
                                new LengthFieldBasedFrameDecoder(
                                        PREFIX_LENGTH + lengthMax,
                                        0,
                                        PREFIX_LENGTH,
                                        0,
                                        PREFIX_LENGTH))
                        .addLast(new LengthFieldPrepender(PREFIX_LENGTH))
                        .addLast(last.get());
            }
        };
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

    /// One query to a server.
    private final class Question extends SimpleChannelInboundHandler<ByteBuf> {
        private final long ticket;
        private final DnsPayload query;
        private Optional<DnsPayload> answer = Optional.empty();
        private int wrong;

        Question(long ticket, DnsPayload query) {
            this.ticket = ticket;
            this.query = query;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.writeAndFlush(Unpooled.wrappedBuffer(query.bytes()));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            var received = new DnsPayload(ByteBufUtil.getBytes(message));
            if (received.answers(query)) { // else the true one may yet come
                answer = Optional.of(received);
                context.close();
            } else {
                mismatched.incrementAndGet();
                wrong++;
                if (wrong >= WRONG_MAX) {
                    context.close();
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            tell(ticket, answer);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    private static InetAddress inet(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    @Override
    public void close() {
        thread.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
