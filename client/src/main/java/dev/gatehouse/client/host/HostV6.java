package dev.gatehouse.client.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// Whether an interface has an IPv6 address that is more than link-local: a host with
/// `disable_ipv6`, or without IPv6 at all, refuses it.
public final class HostV6 {
    public static final Path ADDRESSES = Path.of("/proc/net/if_inet6");

    private static final int SCOPE = 3;
    private static final int NAME = 5;
    private static final String GLOBAL = "00";

    private HostV6() {}

    /// @param addresses as the kernel lists them: address, index, prefix, scope, flags, name
    public static boolean isOn(String device, Path addresses) {
        try (Stream<String> lines = Files.lines(addresses)) {
            return lines.map(line -> line.strip().split("\\s+"))
                    .anyMatch(
                            words ->
                                    words.length > NAME
                                            && words[NAME].equals(device)
                                            && words[SCOPE].equals(GLOBAL));
        } catch (IOException _) {
            return false; // a kernel without IPv6
        }
    }
}
