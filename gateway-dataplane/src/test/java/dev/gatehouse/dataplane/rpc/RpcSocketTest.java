package dev.gatehouse.dataplane.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.dataplane.config.ConfigurationException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RpcSocketTest {
    @TempDir private Path temporary;
    private Path path;
    private RpcSocket socket;

    @BeforeEach
    void choosePath() {
        path = temporary.resolve("rpc").resolve("s");
        socket = new RpcSocket(path, OptionalInt.empty());
    }

    @Test
    void folderIsMadePrivate() throws Exception {
        socket.prepare();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void deadSocketIsRemoved() throws Exception {
        socket.prepare();
        listen().close();

        socket.prepare();

        assertThat(path).doesNotExist();
    }

    @Test
    void liveSocketIsLeftAlone() throws Exception {
        socket.prepare();
        try (var _ = listen()) {
            assertThatThrownBy(() -> socket.prepare())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("running data plane");
            assertThat(path).exists();
        }
    }

    @Test
    void anythingButASocketIsLeftAlone() throws Exception {
        socket.prepare();
        Files.writeString(path, "precious");

        assertThatThrownBy(() -> socket.prepare()).isInstanceOf(ConfigurationException.class);
        assertThat(path).hasContent("precious");
    }

    @Test
    void folderOpenToOthersIsRefused() throws Exception {
        socket.prepare();
        Files.setPosixFilePermissions(
                path.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThatThrownBy(() -> socket.prepare())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("chmod 0700");
    }

    @Test
    void boundSocketIsForItsUserAlone() throws Exception {
        socket.prepare();
        try (var _ = listen()) {
            socket.protect();

            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                    .isEqualTo("rw-------");
        }
        assertThatCode(() -> socket.remove()).doesNotThrowAnyException();
        assertThat(path).doesNotExist();
    }

    private ServerSocketChannel listen() throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(path));
    }
}
