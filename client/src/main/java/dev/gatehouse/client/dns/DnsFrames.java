package dev.gatehouse.client.dns;

import dev.gatehouse.wire.IpAddress;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.codec.LengthFieldPrepender;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/// Messages with their length in front, RFC 1035 section 4.2.2, as handlers of a connection.
final class DnsFrames {
    private static final int PREFIX_LENGTH = 2;

    private DnsFrames() {}

    /// @param silence ends the connection
    /// @param lengthMax of a message that is taken
    /// @param last handles the messages
    static ChannelInitializer<SocketChannel> pipeline(
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

    static InetAddress inet(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
