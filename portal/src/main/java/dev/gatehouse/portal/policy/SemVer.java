package dev.gatehouse.portal.policy;

import java.util.Comparator;
import java.util.Optional;

/// A semantic version's three numbers; pre-release and build parts are read and not compared.
public record SemVer(int major, int minor, int patch) implements Comparable<SemVer> {
    private static final Comparator<SemVer> ORDER =
            Comparator.comparingInt(SemVer::major)
                    .thenComparingInt(SemVer::minor)
                    .thenComparingInt(SemVer::patch);

    /// Stands for a version that could not be read; serves and is served by nobody.
    public static final SemVer UNREADABLE = new SemVer(-1, 0, 0);

    public static Optional<SemVer> parse(String text) {
        if (!text.matches("\\d{1,6}\\.\\d{1,6}\\.\\d{1,6}([-+][0-9A-Za-z.+-]+)?")) {
            return Optional.empty();
        }
        String[] parts = text.split("[-+]", 2)[0].split("\\.");
        return Optional.of(
                new SemVer(
                        Integer.parseInt(parts[0]),
                        Integer.parseInt(parts[1]),
                        Integer.parseInt(parts[2])));
    }

    boolean isAtLeast(int atLeastMajor, int atLeastMinor) {
        return compareTo(new SemVer(atLeastMajor, atLeastMinor, 0)) >= 0;
    }

    /// Whether this gateway version may serve a client of that version: from one minor version
    /// below to one above.
    public boolean servesClient(SemVer client) {
        if (major < 0 || client.major < 0) {
            return false;
        }
        return isAtLeast(client.major, client.minor - 1)
                && !isAtLeast(client.major, client.minor + 2);
    }

    @Override
    public int compareTo(SemVer other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return major + "." + minor + "." + patch;
    }
}
