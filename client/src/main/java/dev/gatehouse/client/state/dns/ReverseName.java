package dev.gatehouse.client.state.dns;

import dev.gatehouse.wire.IpAddress;
import java.util.List;
import java.util.Optional;

/// Reads names of the reverse trees, RFC 1035 section 3.5 and RFC 3596 section 2.5.
final class ReverseName {
    private static final String V4_SUFFIX = ".in-addr.arpa";
    private static final String V6_SUFFIX = ".ip6.arpa";
    private static final int V6_NIBBLES = 32;

    private ReverseName() {}

    /// @param name lower case, no trailing dot; empty if it does not stand for one whole address
    static Optional<IpAddress> parse(String name) {
        try {
            if (name.endsWith(V4_SUFFIX)) {
                return Optional.of(IpAddress.parse(v4(labels(name, V4_SUFFIX))));
            }
            if (name.endsWith(V6_SUFFIX)) {
                var labels = labels(name, V6_SUFFIX);
                return labels.size() == V6_NIBBLES
                        ? Optional.of(IpAddress.parse(v6(labels)))
                        : Optional.empty();
            }
            return Optional.empty();
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static List<String> labels(String name, String suffix) {
        var bare = name.substring(0, name.length() - suffix.length());
        return List.of(bare.split("\\.", -1)).reversed();
    }

    private static String v4(List<String> octets) {
        return String.join(".", octets);
    }

    private static String v6(List<String> nibbles) {
        var text = new StringBuilder(39);
        for (int i = 0; i < nibbles.size(); i++) {
            if (nibbles.get(i).length() != 1) {
                throw new IllegalArgumentException("not a nibble");
            }
            text.append(i > 0 && i % 4 == 0 ? ":" : "").append(nibbles.get(i));
        }
        return text.toString();
    }
}
