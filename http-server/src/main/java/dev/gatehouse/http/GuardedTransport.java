package dev.gatehouse.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/// A transport of Vert.x whose TCP servers ask before a connection is taken over: Vert.x itself
/// tells of a connection only after the TLS handshake.
final class GuardedTransport implements Transport {
    private final Transport transport;
    private final Guard guard;

    private GuardedTransport(Transport transport, Guard guard) {
        this.transport = transport;
        this.guard = guard;
    }

    /// Asked by the thread that accepts.
    interface Guard {
        /// @return false if the connection has to be closed
        boolean accept(int localPort, Channel channel);
    }

    static io.vertx.core.transport.Transport of(boolean preferNative, Guard guard) {
        var epoll = io.vertx.core.transport.Transport.EPOLL;
        boolean isNative = preferNative && epoll != null && epoll.available();
        var base = isNative ? epoll : io.vertx.core.transport.Transport.NIO;
        return new TransportInternal(
                base.name(), true, null, new GuardedTransport(base.implementation(), guard));
    }

    @ChannelHandler.Sharable
    private static final class Doorkeeper extends ChannelInboundHandlerAdapter {
        private final Guard guard;

        private Doorkeeper(Guard guard) {
            this.guard = guard;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof Channel child
                    && context.channel().localAddress() instanceof InetSocketAddress local
                    && !guard.accept(local.getPort(), child)) {
                child.unsafe().closeForcibly();
                return;
            }
            context.fireChannelRead(message);
        }
    }

    @Override
    public void configure(
            NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        transport.configure(options, domainSocket, bootstrap);
        if (!domainSocket) {
            bootstrap.handler(new Doorkeeper(guard));
        }
    }

    @Override
    public void configure(
            ClientOptionsBase options,
            int connectTimeout,
            boolean domainSocket,
            Bootstrap bootstrap) {
        transport.configure(options, connectTimeout, domainSocket, bootstrap);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
        transport.configure(channel, options);
    }

    @Override
    public boolean supportsDomainSockets() {
        return transport.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
        return transport.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
        return transport.isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
        return transport.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
        return transport.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
        return transport.convert(address);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return transport.ioHandlerFactory();
    }

    @Override
    public io.netty.channel.EventLoopGroup eventLoopGroup(
            int type, int threads, java.util.concurrent.ThreadFactory factory, int ratio) {
        return transport.eventLoopGroup(type, threads, factory, ratio);
    }

    @Override
    public DatagramChannel datagramChannel() {
        return transport.datagramChannel();
    }

    @Override
    @SuppressWarnings("deprecation") // Vert.x declares it with Netty's older type
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return transport.datagramChannel(family);
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return transport.channelFactory(domainSocket);
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return transport.serverChannelFactory(domainSocket);
    }
}
