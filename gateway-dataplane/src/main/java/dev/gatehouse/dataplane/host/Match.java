package dev.gatehouse.dataplane.host;

/// Whether a rule matches packets of a kind: none of them, perhaps some, or all.
enum Match {
    NO,
    MAYBE,
    YES;

    static Match of(boolean all) {
        return all ? YES : NO;
    }

    Match and(Match other) {
        return compareTo(other) <= 0 ? this : other;
    }

    Match or(Match other) {
        return compareTo(other) >= 0 ? this : other;
    }

    Match not() {
        return switch (this) {
            case NO -> YES;
            case MAYBE -> MAYBE;
            case YES -> NO;
        };
    }
}
