package dev.gatehouse.transport.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import dev.gatehouse.transport.sys.SocketConstants;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceManagerTest {
    @TempDir private Path directory;

    @Test
    void aManagerListeningAtAPathOrAnAbstractNameIsTold() throws IOException {
        var path = directory.resolve("notify").toString();

        assertThat(toldTo(path)).isEqualTo("READY=1");
        assertThat(toldTo("@" + path)).isEqualTo("READY=1");
    }

    private static String toldTo(String socket) throws IOException {
        int type = SocketConstants.SOCK_DGRAM | SocketConstants.SOCK_NONBLOCK;
        int fd = Libc.C.socket(SocketConstants.AF_UNIX, type, 0);
        try {
            var address = ServiceManager.address(socket);
            assertThat(Libc.C.bind(fd, NativeMemory.address(address), address.capacity())).isZero();

            ServiceManager.send(socket, "READY=1");

            var received = NativeMemory.allocate(64);
            int length = (int) Libc.C.recv(fd, NativeMemory.address(received), 64, 0);
            var bytes = new byte[length];
            received.get(0, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        } finally {
            Libc.C.close(fd);
        }
    }

    @Test
    void aManagerThatIsGoneIsAFailureOfTheMachine() {
        assertThatThrownBy(() -> ServiceManager.send(directory + "/none", "READY=1"))
                .isInstanceOf(ErrnoException.class);
        assertThatThrownBy(() -> ServiceManager.send("/" + "x".repeat(107), "READY=1"))
                .isInstanceOf(IOException.class);
    }
}
