package dev.gatehouse.connectivity.peer;

/// Why a connection ended by itself, tunnel.md section 9.3.
public enum FailureReason {
    /// The peer named no candidate, nor sent from one, for 10 s.
    NO_CANDIDATES("it named no address"),
    /// No pair was left to check for 2 s.
    ICE_DISCONNECTED("no path is left"),
    /// The peer answered no handshake, or no session was made for 540 s.
    HANDSHAKE_TIMEOUT("it answered no handshake");

    private final String text;

    FailureReason(String text) {
        this.text = text;
    }

    /// For a person, after a colon.
    public String text() {
        return text;
    }
}
