package dev.gatehouse.client.marked;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.spi.transport.Transport;
import java.net.SocketAddress;

/// The epoll transport of Vert.x, but every client's TCP socket and every UDP socket is [Marked].
final class MarkedTransport implements Transport {
    private final Transport epoll = io.vertx.core.transport.Transport.EPOLL.implementation();

    /// As [io.vertx.core.VertxBuilder] wants it.
    static io.vertx.core.transport.Transport ofVertx() {
        var marked = new MarkedTransport();
        return new io.vertx.core.transport.Transport() {
            @Override
            public String name() {
                return "marked-epoll";
            }

            @Override
            public boolean available() {
                return marked.isAvailable();
            }

            @Override
            public Throwable unavailabilityCause() {
                return marked.unavailabilityCause();
            }

            @Override
            public Transport implementation() {
                return marked;
            }
        };
    }

    @Override
    public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
        return domainSocket
                ? epoll.channelFactory(true)
                : () -> Marked.mark(new EpollSocketChannel());
    }

    @Override
    public DatagramChannel datagramChannel() {
        return Marked.mark(epoll.datagramChannel());
    }

    @Override
    @SuppressWarnings("deprecation") // as the interface has it
    public DatagramChannel datagramChannel(InternetProtocolFamily family) {
        return Marked.mark(epoll.datagramChannel(family));
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return epoll.serverChannelFactory(domainSocket);
    }

    @Override
    public IoHandlerFactory ioHandlerFactory() {
        return epoll.ioHandlerFactory();
    }

    @Override
    public boolean supportsDomainSockets() {
        return epoll.supportsDomainSockets();
    }

    @Override
    public boolean supportFileRegion() {
        return epoll.supportFileRegion();
    }

    @Override
    public boolean isAvailable() {
        return epoll.isAvailable();
    }

    @Override
    public Throwable unavailabilityCause() {
        return epoll.unavailabilityCause();
    }

    @Override
    public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
        return epoll.convert(address);
    }

    @Override
    public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
        return epoll.convert(address);
    }

    @Override
    public void configure(DatagramChannel channel, DatagramSocketOptions options) {
        epoll.configure(channel, options);
    }

    @Override
    public void configure(
            ClientOptionsBase options, int timeoutMs, boolean domainSocket, Bootstrap bootstrap) {
        epoll.configure(options, timeoutMs, domainSocket, bootstrap);
    }

    @Override
    public void configure(
            NetServerOptions options, boolean domainSocket, ServerBootstrap bootstrap) {
        epoll.configure(options, domainSocket, bootstrap);
    }
}
