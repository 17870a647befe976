package dev.gatehouse.client.resolver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// How applications are brought to ask our sentinels, client.md 25.
public enum DnsControl {
    DISABLED,
    ETC_RESOLV_CONF,
    SYSTEMD_RESOLVED;

    public static Optional<DnsControl> parse(String text) {
        return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
    }

    /// What suits a host without a setting: systemd-resolved gives itself away by a link to a file
    /// of its own.
    public static DnsControl ofHost(Path resolvConf) {
        try {
            boolean ofResolved =
                    Files.isSymbolicLink(resolvConf)
                            && Files.readSymbolicLink(resolvConf)
                                    .toString()
                                    .contains("systemd/resolve/");
            return ofResolved ? SYSTEMD_RESOLVED : ETC_RESOLV_CONF;
        } catch (IOException _) {
            return ETC_RESOLV_CONF;
        }
    }

    /// Why it cannot work on this host, and what to do about it, in one line; empty if it can.
    ///
    /// @param device the tunnel's
    public Optional<String> obstacle(Path resolvConf, String device) {
        return switch (this) {
            case ETC_RESOLV_CONF -> new ResolvConf(resolvConf).obstacle();
            case SYSTEMD_RESOLVED -> new Resolved(Resolved.TOOL, device).obstacle();
            case DISABLED -> Optional.empty();
        };
    }

    HostResolver resolver(Path resolvConf, String device) {
        return switch (this) {
            case ETC_RESOLV_CONF -> new ResolvConf(resolvConf);
            case SYSTEMD_RESOLVED -> new Resolved(Resolved.TOOL, device);
            case DISABLED -> new Unmanaged(new ResolvConf(resolvConf));
        };
    }

    public static String texts() {
        return Arrays.stream(values()).map(DnsControl::text).collect(Collectors.joining(", "));
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
