package dev.gatehouse.dataplane.host;

/// What of the host is put back when others take it away; each is counted.
public enum Restored {
    DEVICE("the TUN device had been deleted: made again"),
    MTU("the MTU had been changed: set again"),
    LINK("the link had been set down: set up again"),
    ADDRESS("an address had been removed: set again"),
    ROUTE("a route had been removed: set again"),
    RULE("a routing rule had been removed: set again"),
    FILTER("the masquerade rules had been removed: set again"),
    SETTING("forwarding had been switched off: switched on again");

    private final String line;

    Restored(String line) {
        this.line = line;
    }

    /// For the log.
    String line() {
        return line;
    }
}
