package dev.gatehouse.transport.host;

import dev.gatehouse.transport.process.OwnedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Lets answers in that come by another interface than unmarked packets would leave by: with a
/// default route into the tunnel the strict filter of a physical interface (`rp_filter` 1) drops
/// every answer to our marked sockets, as it does not know their mark.
///
/// Such an interface is switched to the loose filter, as NetworkManager does, and back at the end;
/// a file remembers it for the next life, should this one be killed. Not thread-safe.
final class ReversePath {
    private static final Logger LOG = LoggerFactory.getLogger(ReversePath.class);
    private static final Path FOLDER = Path.of("/proc/sys/net/ipv4/conf");
    private static final String STRICT = "1";
    private static final String LOOSE = "2";

    private final Path memory;
    private final Map<String, String> before = new TreeMap<>();

    /// @param memory a file that goes when the machine is started anew; need not exist
    ReversePath(Path memory) {
        this.memory = memory;
    }

    /// Puts back what a process that was killed has changed.
    void recover() {
        try {
            for (var line : Files.exists(memory) ? Files.readAllLines(memory) : List.<String>of()) {
                var words = line.split(" ");
                if (words.length == 2 && read(words[0]).equals(LOOSE)) {
                    before.put(words[0], words[1]);
                }
            }
        } catch (IOException e) {
            LOG.debug("{} cannot be read: {}", memory, e.getMessage());
        }
        restore();
    }

    private void remember() {
        try {
            if (before.isEmpty()) {
                Files.deleteIfExists(memory);
                return;
            }
            Files.createDirectories(memory.toAbsolutePath().getParent());
            var lines = new ArrayList<String>();
            before.forEach((device, own) -> lines.add(device + " " + own));
            OwnedFiles.write(memory.toAbsolutePath(), String.join("\n", lines) + "\n", "rw-------");
        } catch (IOException e) {
            LOG.debug("{} cannot be written: {}", memory, e.getMessage());
        }
    }

    /// @param devices names of interfaces with a default route
    void loosen(Collection<String> devices) {
        for (var device : devices) {
            var own = read(device);
            boolean isStrict =
                    !own.equals(LOOSE) && (own.equals(STRICT) || read("all").equals(STRICT));
            if (isStrict && !before.containsKey(device)) {
                loosen(device, own);
            }
        }
    }

    private void loosen(String device, String own) {
        before.put(device, own);
        remember();
        try {
            Files.writeString(file(device), LOOSE);
            LOG.warn(
                    "net.ipv4.conf.{}.rp_filter is set to 2 until the end: strict, it drops the"
                            + " answers that reach us past the tunnel",
                    device);
        } catch (IOException e) {
            LOG.warn(
                    "{} drops the answers that reach us past the tunnel: set the sysctl"
                            + " net.ipv4.conf.{}.rp_filter=2 ({})",
                    device,
                    device,
                    e.getMessage());
        }
    }

    /// Puts back what was there; a value that somebody else has set meanwhile stays.
    void restore() {
        if (before.isEmpty()) {
            return;
        }
        before.forEach(
                (device, own) -> {
                    try {
                        if (read(device).equals(LOOSE)) {
                            Files.writeString(file(device), own);
                        }
                    } catch (IOException e) {
                        LOG.debug("rp_filter of {} stays: {}", device, e.getMessage());
                    }
                });
        before.clear();
        remember();
    }

    private static String read(String device) {
        try {
            return Files.readString(file(device)).strip();
        } catch (IOException _) {
            return "";
        }
    }

    private static Path file(String device) {
        return FOLDER.resolve(device).resolve("rp_filter");
    }
}
