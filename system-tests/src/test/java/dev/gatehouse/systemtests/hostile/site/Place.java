package dev.gatehouse.systemtests.hostile.site;

import java.util.List;
import java.util.stream.IntStream;

/// The addresses and names of the [HostileSite], which all its programs know.
public final class Place {
    public static final String PORTAL = "10.99.0.2"; // and the relay
    public static final int PORTAL_PORT = 8083;
    public static final int RELAY_PORT = 3478;
    public static final int PROBES = 8080; // of relay and control plane
    static final String HONEST = "10.99.0.10";
    public static final String GATEWAY = "10.99.0.20";
    public static final int TUNNEL_PORT = 52_625;
    public static final String HOSTILE = "10.99.0.30"; // also the DNS server that all ask
    public static final String STRANGERS = "10.99.0."; // the upper half are the hostile host's, too
    public static final String RESOURCE = "10.77.0.10";
    static final String NAMED = "10.77.0.11"; // the same host, by which its names go
    public static final int ECHO = 7007; // UDP
    public static final int SERVICE = 7008; // TCP
    public static final int DNS_IN_TUNNEL = 53_535;
    public static final String STUB = "100.100.111.1";

    /// Names of one DNS resource, all of the same host.
    public static final String ZONE = "lab.example";

    /// A DNS resource whose names only the hostile DNS server knows.
    public static final String EVIL_ZONE = "evil.example";

    /// Names of no resource: the client asks the DNS server for them.
    public static final String EVIL_PUBLIC_ZONE = "evil.test";

    public static final String EVIL_RESOURCE = "10.88.0.10"; // behind the hostile gateway

    /// Resources of one address each, for flows that need an authorization of their own.
    static final int SINGLES = 250;

    static final int NAMES = 250;

    private Place() {}

    static String single(int number) {
        return "10.77.1." + (1 + number % SINGLES);
    }

    public static String name(int number) {
        return "n" + number % NAMES + "." + ZONE;
    }

    static List<String> singles() {
        return IntStream.range(0, SINGLES).mapToObj(Place::single).toList();
    }

    public static String token(String id) {
        return "." + id + ".not-a-secret-outside-of-the-test";
    }
}
