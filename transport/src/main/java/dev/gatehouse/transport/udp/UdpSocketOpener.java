package dev.gatehouse.transport.udp;

import static dev.gatehouse.transport.sys.SocketConstants.AF_INET;
import static dev.gatehouse.transport.sys.SocketConstants.AF_INET6;
import static dev.gatehouse.transport.sys.SocketConstants.IPPROTO_IP;
import static dev.gatehouse.transport.sys.SocketConstants.IPPROTO_IPV6;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_MTU_DISCOVER;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_RECVFRAGSIZE;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_RECVPKTINFO;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_RECVTCLASS;
import static dev.gatehouse.transport.sys.SocketConstants.IPV6_V6ONLY;
import static dev.gatehouse.transport.sys.SocketConstants.IP_MTU_DISCOVER;
import static dev.gatehouse.transport.sys.SocketConstants.IP_PKTINFO;
import static dev.gatehouse.transport.sys.SocketConstants.IP_RECVFRAGSIZE;
import static dev.gatehouse.transport.sys.SocketConstants.IP_RECVTOS;
import static dev.gatehouse.transport.sys.SocketConstants.PMTUDISC_DONT;
import static dev.gatehouse.transport.sys.SocketConstants.SOCK_CLOEXEC;
import static dev.gatehouse.transport.sys.SocketConstants.SOCK_DGRAM;
import static dev.gatehouse.transport.sys.SocketConstants.SOCK_NONBLOCK;
import static dev.gatehouse.transport.sys.SocketConstants.SOL_SOCKET;
import static dev.gatehouse.transport.sys.SocketConstants.SOL_UDP;
import static dev.gatehouse.transport.sys.SocketConstants.SO_MARK;
import static dev.gatehouse.transport.sys.SocketConstants.SO_RCVBUF;
import static dev.gatehouse.transport.sys.SocketConstants.SO_RCVBUFFORCE;
import static dev.gatehouse.transport.sys.SocketConstants.SO_REUSEPORT;
import static dev.gatehouse.transport.sys.SocketConstants.SO_SNDBUF;
import static dev.gatehouse.transport.sys.SocketConstants.SO_SNDBUFFORCE;
import static dev.gatehouse.transport.sys.SocketConstants.UDP_GRO;

import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes and configures the descriptor behind a [UdpSocket].
final class UdpSocketOpener {
    private static final Logger LOG = LoggerFactory.getLogger(UdpSocketOpener.class);

    private UdpSocketOpener() {}

    static int open(UdpConfig config) throws IOException {
        if (config.sharing() == UdpConfig.Sharing.FIRST_OF_SHARDS) {
            return openFirstOfShards(config);
        }
        try {
            return bound(config, config.local());
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EADDRINUSE || !config.fallBackToAnyPort()) {
                throw e;
            }
            return bound(config, anyPort(config));
        }
    }

    /// A port that another process shares must look taken, so it is first bound without sharing.
    private static int openFirstOfShards(UdpConfig config) throws IOException {
        int probe = open(config.withSharing(UdpConfig.Sharing.ALONE));
        Endpoint free = localEndpoint(probe);
        Libc.C.close(probe);
        return bound(config, free);
    }

    private static Endpoint anyPort(UdpConfig config) {
        LOG.info("UDP port {} is taken, using any other", config.local().port());
        return new Endpoint(config.local().address(), 0);
    }

    private static int bound(UdpConfig config, Endpoint local) throws IOException {
        int domain = local.isV4() ? AF_INET : AF_INET6;
        int fd = Libc.C.socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw ErrnoException.last("cannot open an " + local.family() + " UDP socket");
        }
        try {
            configure(fd, config);
            var block = NativeMemory.allocate(SocketAddress.V6_LENGTH);
            int length = new SocketAddress(block, 0).write(local);
            if (Libc.C.bind(fd, NativeMemory.address(block), length) < 0) {
                throw ErrnoException.last("cannot bind UDP " + local);
            }
            return fd;
        } catch (IOException e) {
            Libc.C.close(fd);
            throw e;
        }
    }

    /// Datagrams longer than the MTU of their way are fragmented outside, by us or by a router: as
    /// the kernel's WireGuard does. With DF set (tunnel.md 1.1) every long packet would be lost on
    /// such a way, and no short one.
    private static void configure(int fd, UdpConfig config) throws IOException {
        if (config.local().isV4()) {
            require(fd, IPPROTO_IP, IP_PKTINFO, 1);
            attempt(fd, IPPROTO_IP, IP_RECVTOS, 1);
            attempt(fd, IPPROTO_IP, IP_RECVFRAGSIZE, 1);
            attempt(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT);
        } else {
            require(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
            require(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
            attempt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
            attempt(fd, IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 1);
            attempt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT);
        }
        if (config.offloads()) {
            attempt(fd, SOL_UDP, UDP_GRO, 1);
        }
        if (config.mark() != 0) {
            attempt(fd, SOL_SOCKET, SO_MARK, config.mark());
        }
        if (config.sharing() != UdpConfig.Sharing.ALONE) {
            require(fd, SOL_SOCKET, SO_REUSEPORT, 1);
        }
        size(fd, SO_RCVBUFFORCE, SO_RCVBUF, config.receiveBufferBytes());
        size(fd, SO_SNDBUFFORCE, SO_SNDBUF, config.sendBufferBytes());
    }

    private static void require(int fd, int level, int name, int value) throws IOException {
        if (!set(fd, level, name, value)) {
            throw ErrnoException.last("setsockopt(%d, %d)".formatted(level, name));
        }
    }

    private static void attempt(int fd, int level, int name, int value) {
        if (!set(fd, level, name, value)) {
            LOG.debug("setsockopt({}, {}): {}", level, name, Libc.C.strerror(Libc.errno()));
        }
    }

    private static void size(int fd, int forced, int polite, int bytes) {
        if (set(fd, SOL_SOCKET, forced, bytes)) {
            return;
        }
        set(fd, SOL_SOCKET, polite, bytes);
        int got = get(fd, SOL_SOCKET, polite) / 2; // the kernel tells twice what was asked
        if (got < bytes) {
            LOG.debug("UDP buffer: asked for {} bytes, got {}", bytes, got);
        }
    }

    private static boolean set(int fd, int level, int name, int value) {
        ByteBuffer option = NativeMemory.allocate(4).putInt(0, value);
        return Libc.C.setsockopt(fd, level, name, NativeMemory.address(option), 4) == 0;
    }

    static int get(int fd, int level, int name) {
        ByteBuffer option = NativeMemory.allocate(8).putInt(4, 4);
        long address = NativeMemory.address(option);
        Libc.C.getsockopt(fd, level, name, address, address + 4);
        return option.getInt(0);
    }

    static Endpoint localEndpoint(int fd) throws IOException {
        ByteBuffer block = NativeMemory.allocate(32).putInt(28, SocketAddress.V6_LENGTH);
        long address = NativeMemory.address(block);
        if (Libc.C.getsockname(fd, address, address + 28) < 0) {
            throw ErrnoException.last("getsockname");
        }
        return new SocketAddress(block, 0).read(new EndpointCache());
    }
}
