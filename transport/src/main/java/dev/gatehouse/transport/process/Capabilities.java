package dev.gatehouse.transport.process;

import dev.gatehouse.transport.sys.ErrnoException;
import dev.gatehouse.transport.sys.Libc;
import dev.gatehouse.transport.sys.NativeMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/// Linux capabilities of the calling thread; threads started by it later have the same.
///
/// So the main thread drops what is not needed before it starts any other.
public final class Capabilities {
    private static final Path STATUS = Path.of("/proc/thread-self/status");
    private static final int VERSION_3 = 0x20080522;
    private static final int PR_CAPBSET_DROP = 24;
    private static final int PR_SET_NO_NEW_PRIVS = 38;
    private static final int PR_CAP_AMBIENT = 47;
    private static final int PR_CAP_AMBIENT_RAISE = 2;
    private static final int LAST = 40;

    /// Those that a process of ours may need.
    public enum Capability {
        /// TUN device, addresses, routes, packet filter, mark, big socket buffers.
        NET_ADMIN(12),
        /// Ports below 1024.
        NET_BIND_SERVICE(10),
        /// Making `/dev/net/tun`.
        MKNOD(27);

        private final int bit;

        Capability(int bit) {
            this.bit = bit;
        }
    }

    private Capabilities() {}

    public static boolean has(Capability capability) throws IOException {
        return (mask("CapEff:") >>> capability.bit & 1) != 0;
    }

    /// The bit mask that `/proc` shows behind `label`.
    public static long mask(String label) throws IOException {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith(label))
                    .mapToLong(line -> Long.parseUnsignedLong(line.substring(8).strip(), 16))
                    .findFirst()
                    .orElseThrow(() -> new IOException(STATUS + " has no " + label));
        }
    }

    /// Gives up all but `kept`, for good; programs started later get `kept` at most.
    public static void keepOnly(Set<Capability> kept) throws IOException {
        long keep = 0;
        for (var capability : EnumSet.copyOf(kept)) {
            keep |= 1L << capability.bit;
        }
        long permitted = mask("CapPrm:") & keep;
        for (int bit = 0; bit <= LAST; bit++) {
            if ((keep >>> bit & 1) == 0) {
                Libc.C.prctl(PR_CAPBSET_DROP, bit, 0, 0, 0); // refused without SETPCAP
            }
        }
        set(permitted);
        for (var capability : kept) {
            if ((permitted >>> capability.bit & 1) != 0) {
                Libc.C.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability.bit, 0, 0);
            }
        }
        Libc.C.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    private static void set(long mask) throws IOException {
        var header = NativeMemory.allocate(8).putInt(0, VERSION_3);
        var data = NativeMemory.allocate(24); // effective, permitted, inheritable; low, then high
        for (int half = 0; half < 2; half++) {
            int bits = (int) (mask >>> 32 * half);
            data.putInt(12 * half, bits).putInt(12 * half + 4, bits).putInt(12 * half + 8, bits);
        }
        if (Libc.C.capset(NativeMemory.address(header), NativeMemory.address(data)) < 0) {
            throw ErrnoException.last("capset");
        }
    }
}
