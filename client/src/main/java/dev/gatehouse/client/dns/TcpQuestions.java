package dev.gatehouse.client.dns;

import dev.gatehouse.client.marked.Marked;
import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.transport.udp.UdpConfig;
import dev.gatehouse.wire.Endpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks servers over TCP (client.md 12). A server has 5 s, and may answer 16 other questions.
final class TcpQuestions {
    private static final Logger LOG = LoggerFactory.getLogger(TcpQuestions.class);
    private static final int WRONG_MAX = 16;
    private static final Duration SERVER_WAIT = Duration.ofSeconds(5);
    private static final long AGAIN_MS = 100; // the loop has too much to do
    private static final int ANSWER_LENGTH_MAX = 65_535;

    private final EventLoopGroup thread;
    private final BiPredicate<Long, Optional<DnsPayload>> onAnswer;
    private final AtomicLong mismatched = new AtomicLong();

    /// @param onAnswer told what became of a ticket, empty if there was no answer; false: tell it
    ///     again
    TcpQuestions(EventLoopGroup thread, BiPredicate<Long, Optional<DnsPayload>> onAnswer) {
        this.thread = thread;
        this.onAnswer = onAnswer;
    }

    /// Asks a server; what becomes of it is told, once.
    ///
    /// @param throughTunnel or past it
    void ask(long ticket, Endpoint server, boolean throughTunnel, DnsPayload query) {
        var bootstrap =
                new Bootstrap()
                        .group(thread)
                        .channel(EpollSocketChannel.class)
                        .option(
                                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                                Math.toIntExact(SERVER_WAIT.toMillis()))
                        .handler(
                                DnsFrames.pipeline(
                                        SERVER_WAIT,
                                        ANSWER_LENGTH_MAX,
                                        () -> new Question(ticket, query)));
        if (!throughTunnel) {
            bootstrap.option(Marked.OPTION, UdpConfig.TUNNEL_MARK);
        }
        bootstrap
                .connect(DnsFrames.inet(server.address()), server.port())
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
    long mismatched() {
        return mismatched.get();
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
}
