package dev.gatehouse.client.marked;

import dev.gatehouse.transport.udp.UdpConfig;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.IntegerUnixChannelOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives sockets the firewall mark by which their packets pass by the tunnel (client.md 24).
public final class Marked {
    private static final Logger LOG = LoggerFactory.getLogger(Marked.class);
    private static final int SOL_SOCKET = 1;
    private static final int SO_MARK = 36;

    /// For a bootstrap, with [UdpConfig#TUNNEL_MARK].
    public static final ChannelOption<Integer> OPTION =
            new IntegerUnixChannelOption("SO_MARK", SOL_SOCKET, SO_MARK);

    private Marked() {}

    /// Marks a channel of Netty's epoll transport that is not connected yet. Without CAP_NET_ADMIN
    /// it stays as it is.
    static <C extends Channel> C mark(C channel) {
        try {
            channel.config().setOption(OPTION, UdpConfig.TUNNEL_MARK);
        } catch (ChannelException e) {
            LOG.debug("a socket has no mark: {}", e.getMessage());
        }
        return channel;
    }
}
