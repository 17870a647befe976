package dev.gatehouse.transport.tun;

import dev.gatehouse.transport.netlink.InterfaceRequest;
import dev.gatehouse.transport.netlink.Link;
import dev.gatehouse.transport.sys.Errno;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/// Opens `/dev/net/tun` and attaches to a device (tunnel.md 8.1).
final class TunDevice {
    private static final Path NODE = Path.of("/dev/net/tun");
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int S_IFCHR = 0x2000;
    private static final long DEVICE_NUMBER = 10 << 8 | 200;
    private static final long TUNSETIFF = 0x400454CA;
    private static final int IFF_TUN = 0x0001;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int IFF_TUN_EXCL = 0x8000;
    private static final long TUNSETOFFLOAD = 0x400454D0;
    private static final int CSUM = 0x01;
    private static final int TSO = 0x02 | 0x04; // IPv4, IPv6
    private static final int TSO_ECN = 0x08;
    private static final int USO = 0x20 | 0x40; // IPv4, IPv6; Linux 6.2 and later

    /// What to ask the kernel for, most first.
    private static final int[] OFFLOADS = {
        CSUM | TSO | TSO_ECN | USO, CSUM | TSO | TSO_ECN, CSUM | TSO, 0
    };

    private TunDevice() {}

    /// Makes the device; one that is there already, whoever made it, is left alone.
    ///
    /// @param offloads with a virtio header before each packet, see [#offload]
    static int open(String name, boolean offloads) throws TunException {
        int fd = openNode();
        int flags = IFF_TUN | IFF_NO_PI | IFF_TUN_EXCL | (offloads ? IFF_VNET_HDR : 0);
        int errno = new InterfaceRequest(name).flags(flags).ioctl(fd, TUNSETIFF);
        if (errno != 0) {
            Libc.C.close(fd);
            throw attachFailure(name, errno);
        }
        return fd;
    }

    /// Asks the kernel to hand over super-packets, less and less of them until it agrees.
    ///
    /// @return the bits of TUNSETOFFLOAD that the kernel took; 0: none
    static int offload(int fd) {
        for (int bits : OFFLOADS) {
            if (Libc.C.ioctl(fd, TUNSETOFFLOAD, bits) == 0) {
                return bits;
            }
        }
        return 0;
    }

    /// Whether joined UDP packets may be written: a kernel that hands over none refuses them, too.
    /// Joined TCP it takes whatever was asked for.
    static boolean takesUdpSegments(int bits) {
        return (bits & USO) == USO;
    }

    private static void makeNode() throws TunException {
        try {
            Files.createDirectories(
                    NODE.getParent(),
                    PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rwxr-x--x")));
        } catch (IOException e) {
            throw missing(e.getMessage());
        }
        var path = NativeMemory.cString(NODE.toString());
        if (Libc.C.mknod(NativeMemory.address(path), S_IFCHR | 0600, DEVICE_NUMBER) < 0) {
            int errno = Libc.errno();
            if (errno != Errno.EEXIST) {
                throw missing(Libc.C.strerror(errno));
            }
        }
    }

    private static TunException missing(String reason) {
        return new TunException(
                "%s is missing and cannot be made (%s): load the tun module, or give the container"
                                .formatted(NODE, reason)
                        + " the device /dev/net/tun");
    }

    /// Opens the node, made first if it is missing, without attaching to a device.
    static int openNode() throws TunException {
        if (!Files.exists(NODE)) {
            makeNode();
        }
        ByteBuffer path = NativeMemory.cString(NODE.toString());
        int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC;
        int fd = Libc.C.open(NativeMemory.address(path), flags, 0);
        if (fd >= 0) {
            return fd;
        }
        int errno = Libc.errno();
        String hint =
                switch (errno) {
                    case Errno.ENODEV, Errno.ENOENT, 6 /* ENXIO */ -> "load the tun module";
                    case Errno.EACCES, Errno.EPERM ->
                            "run as root, or allow this user and container the device";
                    default -> "see the kernel log";
                };
        throw new TunException(
                "cannot open %s: %s; %s".formatted(NODE, Libc.C.strerror(errno), hint));
    }

    private static TunException attachFailure(String name, int errno) {
        if (errno == Errno.EBUSY) {
            return TunException.taken(name, present(name));
        }
        String reason =
                errno == Errno.EPERM
                        ? "not permitted; give the process CAP_NET_ADMIN (or run it as root)"
                        : Libc.C.strerror(errno);
        return new TunException("cannot make the TUN device %s: %s".formatted(name, reason));
    }

    private static Optional<Link> present(String name) {
        try {
            return Link.all().stream().filter(link -> link.name().equals(name)).findFirst();
        } catch (IOException _) {
            return Optional.empty();
        }
    }
}
