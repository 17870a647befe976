package dev.gatehouse.ice;

import dev.gatehouse.stun.TransactionId;

/// One connectivity check that was sent.
final class Check {
    final TransactionId id;
    final long sentNs;
    boolean answered;

    Check(TransactionId id, long sentNs) {
        this.id = id;
        this.sentNs = sentNs;
    }
}
