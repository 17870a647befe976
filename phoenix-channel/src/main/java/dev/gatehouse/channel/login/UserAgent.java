package dev.gatehouse.channel.login;

import dev.gatehouse.channel.PeerRole;
import java.util.Arrays;
import java.util.Optional;

/// The `User-Agent` header, portal-channel.md 1.4:
/// `Debian/12.0.0 gateway/1.5.2 (x86_64; 6.1.0-13-amd64)`.
public final class UserAgent {
    private UserAgent() {}

    /// @param osRelease content of `/etc/os-release`; empty if there is none
    /// @param arch as the JVM names it
    /// @param kernel its release
    public static String of(PeerRole role, String osRelease, String arch, String kernel) {
        var name =
                field(osRelease, "NAME")
                        .map(text -> text.replace(" GNU/Linux", ""))
                        .orElse("Linux");
        var version = field(osRelease, "VERSION_ID").map(UserAgent::threePart).orElse("Unknown");
        var text =
                "%s/%s %s (%s; %s)"
                        .formatted(name, version, role.product(), archName(arch), kernel);
        return text.replaceAll("[^\\x20-\\x7e]", "");
    }

    private static Optional<String> field(String osRelease, String key) {
        return osRelease
                .lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1).replace("\"", "").strip())
                .filter(value -> !value.isEmpty())
                .findFirst();
    }

    private static String threePart(String version) {
        var parts = version.split("\\.");
        return parts.length >= 3
                ? version
                : String.join(".", Arrays.asList(version, "0", "0").subList(0, 4 - parts.length));
    }

    private static String archName(String arch) {
        return arch.equals("amd64") ? "x86_64" : arch;
    }
}
