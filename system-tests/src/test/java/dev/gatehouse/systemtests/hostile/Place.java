package dev.gatehouse.systemtests.hostile;

import java.util.List;
import java.util.stream.IntStream;

/// The addresses and names of the [HostileSite], which all its programs know.
final class Place {
    static final String PORTAL = "10.99.0.2"; // and the relay
    static final int PORTAL_PORT = 8083;
    static final int RELAY_PORT = 3478;
    static final int PROBES = 8080; // of relay and control plane
    static final String HONEST = "10.99.0.10";
    static final String GATEWAY = "10.99.0.20";
    static final int TUNNEL_PORT = 52_625;
    static final String HOSTILE = "10.99.0.30"; // also the DNS server that all ask
    static final String STRANGERS = "10.99.0."; // the upper half are the hostile host's, too
    static final String RESOURCE = "10.77.0.10";
    static final String NAMED = "10.77.0.11"; // the same host, by which its names go
    static final int ECHO = 7007; // UDP
    static final int SERVICE = 7008; // TCP
    static final int DNS_IN_TUNNEL = 53_535;
    static final String STUB = "100.100.111.1";

    /// Names of one DNS resource, all of the same host.
    static final String ZONE = "lab.example";

    /// A DNS resource whose names only the hostile DNS server knows.
    static final String EVIL_ZONE = "evil.example";

    /// Names of no resource: the client asks the DNS server for them.
    static final String EVIL_PUBLIC_ZONE = "evil.test";

    static final String EVIL_RESOURCE = "10.88.0.10"; // behind the hostile gateway

    /// Resources of one address each, for flows that need an authorization of their own.
    static final int SINGLES = 250;

    static final int NAMES = 250;

    private Place() {}

    static String single(int number) {
        return "10.77.1." + (1 + number % SINGLES);
    }

    static String name(int number) {
        return "n" + number % NAMES + "." + ZONE;
    }

    static List<String> singles() {
        return IntStream.range(0, SINGLES).mapToObj(Place::single).toList();
    }

    static String token(String id) {
        return "." + id + ".not-a-secret-outside-of-the-test";
    }
}
