package dev.gatehouse.client;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// How applications are brought to ask our sentinels, client.md 25.
enum DnsControl {
    DISABLED,
    ETC_RESOLV_CONF,
    SYSTEMD_RESOLVED;

    static Optional<DnsControl> parse(String text) {
        return Arrays.stream(values()).filter(c -> c.text().equals(text)).findFirst();
    }

    String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
