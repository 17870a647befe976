package dev.gatehouse.channel.login;

import java.net.URI;
import java.util.Optional;
import java.util.regex.Pattern;

/// Host and port of a portal's address.
///
/// [URI] tells neither where the host has an underscore, which no host of the internet may have but
/// services of Compose files do; peers of other makes take such names, too.
public final class ApiUrl {
    private static final int PORT_MAX = 65_535;
    private static final Pattern WITH_UNDERSCORE =
            Pattern.compile("([A-Za-z0-9_][A-Za-z0-9_.-]*)(?::([0-9]{1,5}))?");

    private ApiUrl() {}

    /// The host, an IPv6 literal in brackets; empty if none is named.
    public static Optional<String> host(URI api) {
        if (api.getHost() != null) {
            return Optional.of(api.getHost());
        }
        return authority(api, 1).filter(_ -> port(api) <= PORT_MAX);
    }

    /// -1 if none is named.
    public static int port(URI api) {
        return api.getHost() != null
                ? api.getPort()
                : authority(api, 2).map(Integer::parseInt).orElse(-1);
    }

    /// Whether no certificate can be checked against the host: it is no name of the internet.
    public static boolean hasOddHost(URI api) {
        return api.getHost() == null;
    }

    private static Optional<String> authority(URI api, int part) {
        var text =
                WITH_UNDERSCORE.matcher(api.getRawAuthority() == null ? "" : api.getRawAuthority());
        return text.matches() ? Optional.ofNullable(text.group(part)) : Optional.empty();
    }
}
