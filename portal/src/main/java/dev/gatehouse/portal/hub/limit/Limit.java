package dev.gatehouse.portal.hub.limit;

import java.util.Locale;

/// Where a peer can meet a limit of the portal; each is a value of the label `limit` of the meter
/// `gatehouse_portal_limited`.
public enum Limit {
    /// A frame longer than [#MESSAGE_LENGTH_MAX]: the session is closed.
    MESSAGE_LENGTH,
    /// Pings, pieces of messages and binary frames, which no peer sends: the session is closed.
    ODD_FRAMES,
    /// A frame that is no JSON object of the channel, or nests too deep: the session is closed.
    MALFORMED,
    /// A session waits since it has spent its budget.
    THROTTLED,
    /// A session that had spent its budget for 10 s without a pause: it is closed.
    FLOOD,
    /// An upgrade of a device whose session was closed for that a moment ago.
    UPGRADE_AFTER_FLOOD,
    /// A session that joins again and again: it is closed.
    JOINS,
    /// Receivers, candidates or lengths beyond those of one message: left out, the sender is told.
    CANDIDATES,
    /// `no_relays` beyond one in ten seconds: not answered.
    NO_RELAYS,
    /// `create_flow` while the store is behind: not answered.
    STORE_BEHIND,
    /// Reading of a session stops since it waits with as much as may wait.
    INBOX,
    /// A session is not served since it does not read its answers.
    ANSWERS_UNREAD,
    /// Candidates for a peer that has much to read yet: dropped.
    CANDIDATES_UNREAD,
    /// A session that reads too slowly: it is closed.
    SLOW_READER;

    /// Characters of a frame. The longest that peers send names 100 gateways or carries the
    /// candidates of some dozens of addresses: 10,000.
    public static final int MESSAGE_LENGTH_MAX = 128 * 1024;

    /// The value of the label.
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
