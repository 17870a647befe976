package dev.gatehouse.portal.hub.admission;

import dev.gatehouse.portal.hub.session.Identity;

/// The verdict on an HTTP upgrade.
public sealed interface Admission {
    /// The peer may connect.
    record Accepted(Identity identity) implements Admission {}

    /// The peer is sent away with this status; `code` is machine readable, `detail` for people.
    record Refused(int status, String code, String detail) implements Admission {}
}
