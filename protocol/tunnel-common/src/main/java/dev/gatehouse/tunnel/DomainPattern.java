package dev.gatehouse.tunnel;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The address of a DNS resource: a name, possibly with wildcards (tunnel.md 6.2, client.md 10).
///
/// `*` is any run of characters inside one label, `?` exactly one, `**` as a whole label zero or
/// more labels; a leading `*.` also matches the bare parent. Letters are compared without case.
/// The natural order is priority: of several patterns that match a name the smallest wins.
public final class DomainPattern implements Comparable<DomainPattern> {
    private static final String ANY_LABELS = "**";
    private static final int LENGTH_MAX = 255;
    private static final int END = -1; // sorts before every character

    private final String text;
    private final List<String> labels;

    private DomainPattern(String text, List<String> labels) {
        this.text = text;
        this.labels = labels;
    }

    /// Empty if `text` is no pattern: empty, over 255 characters, or with an empty label.
    public static Optional<DomainPattern> parse(String text) {
        String normal = normalize(text);
        var labels = List.of(normal.split("\\.", -1));
        boolean good = normal.length() <= LENGTH_MAX && labels.stream().noneMatch(String::isEmpty);
        return good ? Optional.of(new DomainPattern(normal, labels)) : Optional.empty();
    }

    /// A name in lower case and without its trailing dot: the form in which names are compared.
    public static String normalize(String domain) {
        String bare = domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
        return bare.toLowerCase(Locale.ROOT);
    }

    /// @param domain in any case, with or without a trailing dot
    public boolean matches(String domain) {
        String normal = normalize(domain);
        if (normal.isEmpty() || normal.length() > LENGTH_MAX) {
            return false;
        }
        var names = List.of(normal.split("\\.", -1));
        boolean isParent =
                labels.size() > 1
                        && labels.getFirst().equals("*")
                        && matchLabels(labels.subList(1, labels.size()), names);
        return isParent || matchLabels(labels, names);
    }

    /// Greedy, going back to the last `**` alone: never exponential.
    private static boolean matchLabels(List<String> patterns, List<String> names) {
        int p = 0;
        int n = 0;
        int retryPattern = -1;
        int retryName = 0;
        while (n < names.size()) {
            if (p < patterns.size() && patterns.get(p).equals(ANY_LABELS)) {
                retryPattern = ++p;
                retryName = n;
            } else if (p < patterns.size() && matchLabel(patterns.get(p), names.get(n))) {
                p++;
                n++;
            } else if (retryPattern >= 0) {
                p = retryPattern;
                n = ++retryName;
            } else {
                return false;
            }
        }
        while (p < patterns.size() && patterns.get(p).equals(ANY_LABELS)) {
            p++;
        }
        return p == patterns.size();
    }

    private static boolean matchLabel(String pattern, String name) {
        int p = 0;
        int n = 0;
        int retryPattern = -1;
        int retryName = 0;
        while (n < name.length()) {
            char expected = p < pattern.length() ? pattern.charAt(p) : 0;
            if (expected == '*') {
                retryPattern = ++p;
                retryName = n;
            } else if (expected == '?' || expected == name.charAt(n)) {
                p++;
                n++;
            } else if (retryPattern >= 0) {
                p = retryPattern;
                n = ++retryName;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p == pattern.length();
    }

    /// Character by character from the right: end, literals from the highest code down, `?`, `*`.
    @Override
    public int compareTo(DomainPattern other) {
        int length = Math.max(text.length(), other.text.length());
        for (int i = 1; i <= length; i++) {
            int byRank = Integer.compare(rank(i), other.rank(i));
            if (byRank != 0) {
                return byRank;
            }
        }
        return 0;
    }

    private int rank(int fromRight) {
        if (fromRight > text.length()) {
            return END;
        }
        char c = text.charAt(text.length() - fromRight);
        return switch (c) {
            case '?' -> Character.MAX_VALUE + 1;
            case '*' -> Character.MAX_VALUE + 2;
            default -> Character.MAX_VALUE - c;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DomainPattern that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    /// In lower case, without a trailing dot.
    @Override
    public String toString() {
        return text;
    }
}
