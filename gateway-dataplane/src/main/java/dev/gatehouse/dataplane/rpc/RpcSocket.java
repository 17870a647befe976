package dev.gatehouse.dataplane.rpc;

import dev.gatehouse.dataplane.config.ConfigurationException;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The file behind the gRPC server: who may reach it, and what may be cleared away for it.
///
/// The folder is private (0700), so that nobody gets in between bind and chmod. What lies at the
/// path is removed only if it is a socket of ours that nobody listens on.
public final class RpcSocket {
    private static final Logger LOG = LoggerFactory.getLogger(RpcSocket.class);
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_SOCKET = 0140000;
    private static final int GROUP_AND_OTHERS = 0077;

    private final Path path;
    private final OptionalInt peerUid;
    private final int ownUid;

    public RpcSocket(Path path, OptionalInt peerUid) {
        this.path = path;
        this.peerUid = peerUid;
        ownUid = ownUid();
    }

    /// The effective user. The owner of `/proc/self` would be root when the program carries file
    /// capabilities: the kernel hides such a process from its own user (proc(5)).
    private static int ownUid() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("Uid:"))
                    .map(line -> Integer.parseUnsignedInt(line.split("\\s+")[2]))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new IllegalStateException("/proc is missing", e);
        }
    }

    /// Makes the folder and clears a dead socket away.
    public void prepare() throws ConfigurationException {
        try {
            prepareFolder(path.getParent());
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                removeDead();
            }
        } catch (IOException e) {
            throw new ConfigurationException(
                    "rpc-socket (GATEHOUSE_RPC_SOCKET) %s cannot be made (%s): name another path"
                            .formatted(path, e.getClass().getSimpleName()));
        }
    }

    private void prepareFolder(Path folder) throws IOException, ConfigurationException {
        if (!Files.isDirectory(folder)) {
            var mode = PosixFilePermissions.fromString("rwx------");
            Files.createDirectories(folder.getParent());
            Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(mode));
            giveToPeer(folder);
            return;
        }
        if (!isTrusted(uid(folder)) || (mode(folder) & GROUP_AND_OTHERS) != 0) {
            throw new ConfigurationException(
                    "the folder %s of rpc-socket (GATEHOUSE_RPC_SOCKET) must belong to this user"
                                    .formatted(folder)
                            + " and be closed to others: chmod 0700, or choose a folder of its"
                            + " own");
        }
    }

    private void removeDead() throws IOException, ConfigurationException {
        if ((mode(path) & TYPE_MASK) != TYPE_SOCKET || !isTrusted(uid(path))) {
            throw new ConfigurationException(
                    "rpc-socket (GATEHOUSE_RPC_SOCKET) %s is there and no socket of this user:"
                                    .formatted(path)
                            + " remove it, or choose another path");
        }
        if (isAnswered()) {
            throw new ConfigurationException(
                    "rpc-socket (GATEHOUSE_RPC_SOCKET) %s is taken by a running data plane: stop"
                                    .formatted(path)
                            + " it, or choose another path");
        }
        Files.delete(path);
    }

    private boolean isAnswered() {
        try (var _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return true;
        } catch (IOException _) {
            return false; // refused: nobody listens
        }
    }

    /// After bind: the socket is for our user, or for the peer's.
    public void protect() throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        giveToPeer(path);
    }

    /// Another user cannot enter what only root may; root itself may enter what is the peer's.
    private void giveToPeer(Path file) throws IOException {
        if (peerUid.isPresent() && peerUid.getAsInt() != ownUid) {
            Files.setAttribute(file, "unix:uid", peerUid.getAsInt());
        }
    }

    /// Whether the process at the other end runs as our user or as the peer's.
    public boolean isAllowed(Channel channel) {
        if (!(channel instanceof EpollDomainSocketChannel socket)) {
            return false;
        }
        try {
            return isTrusted(socket.peerCredentials().uid());
        } catch (IOException e) {
            LOG.warn("credentials of an RPC peer cannot be read: {}", e.getMessage());
            return false;
        }
    }

    private boolean isTrusted(int uid) {
        return uid == ownUid || peerUid.isPresent() && uid == peerUid.getAsInt();
    }

    public void remove() {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("RPC socket stays: {}", e.getMessage());
        }
    }

    Path path() {
        return path;
    }

    private static int uid(Path file) throws IOException {
        return (Integer) Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    private static int mode(Path file) throws IOException {
        return (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    }
}
