package dev.gatehouse.http;

import java.util.Locale;

/// Why a listener closed or refused a connection, as the label `reason` shows it.
public enum HttpRefusal {
    /// The prefix has all the connections it may have.
    PREFIX_FULL,
    /// There are as many connections as there may be.
    TABLE_FULL,
    /// Its place went to another one.
    REPLACED,
    /// No whole request came in time.
    HEADER_TIMEOUT,
    /// A request was not answered, or its answer not read, in time.
    ANSWER_TIMEOUT,
    /// A request came before the answer to the one before was read.
    UNREAD,
    /// More requests than one connection may send.
    TOO_MANY_REQUESTS,
    /// What came is no HTTP, or too long.
    MALFORMED;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
