package dev.gatehouse.wire;

/// An IP address and a UDP or TCP port, 0 to 65535.
public record Endpoint(IpAddress address, int port) implements Comparable<Endpoint> {
    /// As a local endpoint: the operating system chooses address and port.
    public static final Endpoint ANY_V4 = new Endpoint(IpAddress.ANY_V4, 0);

    public static final Endpoint ANY_V6 = new Endpoint(IpAddress.ANY_V6, 0);

    public Endpoint {
        if (port < 0 || port > 0xFFFF) {
            throw new IllegalArgumentException("port out of range: " + port);
        }
    }

    /// Parses `192.0.2.1:80` or `[2001:db8::1]:80`.
    ///
    /// @throws IllegalArgumentException if `text` is anything else
    public static Endpoint parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("not an address and port: " + text);
        }
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (bracketed != host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("not an address and port: " + text);
        }
        try {
            return new Endpoint(
                    IpAddress.parse(host), Integer.parseUnsignedInt(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("not an address and port: " + text, e);
        }
    }

    public static Endpoint any(IpAddress.Family family) {
        return family == IpAddress.Family.IPV4 ? ANY_V4 : ANY_V6;
    }

    public boolean isV4() {
        return address.isV4();
    }

    public IpAddress.Family family() {
        return address.family();
    }

    @Override
    public int compareTo(Endpoint other) {
        int byAddress = address.compareTo(other.address);
        return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
    }

    @Override
    public String toString() {
        return isV4() ? address + ":" + port : "[" + address + "]:" + port;
    }
}
