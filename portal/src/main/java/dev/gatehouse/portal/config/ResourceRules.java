package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpNetwork;
import java.util.List;

/// What a resource address may be (portal-channel.md 7.10). Failures are sentences for the
/// administrator, thrown as [IllegalArgumentException].
final class ResourceRules {
    private static final List<IpNetwork> RESERVED =
            List.of(IpNetwork.parse("100.64.0.0/10"), IpNetwork.parse("fd00:2021:1111::/48"));
    private static final int NAME_LENGTH_MAX = 253;
    private static final int LABEL_LENGTH_MAX = 63;

    private ResourceRules() {}

    /// The address as it goes on the wire.
    static String address(Resource.Type type, String text) {
        return switch (type) {
            case CIDR -> network(text).toString();
            case IP -> host(text).toString();
            case DNS -> pattern(text);
            case INTERNET -> "";
        };
    }

    /// Refuses an address inside the ranges the tunnel itself uses.
    static IpAddress outsideReserved(IpAddress address) {
        refuseReserved(IpNetwork.host(address));
        return address;
    }

    private static IpNetwork network(String text) {
        var network = IpNetwork.parse(text);
        if (text.indexOf('/') < 0) {
            throw new IllegalArgumentException(
                    "\"%s\" has no prefix length: write %s, or use type: ip"
                            .formatted(text, network));
        }
        return checked(network);
    }

    private static IpNetwork host(String text) {
        return checked(IpNetwork.host(IpAddress.parse(text)));
    }

    private static IpNetwork checked(IpNetwork network) {
        var address = network.address();
        if (address.isLoopback()) {
            throw new IllegalArgumentException(network + " is a loopback address");
        }
        if (address.isUnspecified() && network.prefixLength() == address.bits()) {
            throw new IllegalArgumentException(network + " is no address of anything");
        }
        refuseReserved(network);
        return network;
    }

    private static void refuseReserved(IpNetwork network) {
        for (var reserved : RESERVED) {
            if (reserved.contains(network)) {
                throw new IllegalArgumentException(
                        network + " lies in " + reserved + ", which the tunnel itself uses");
            }
        }
    }

    private static String pattern(String text) {
        if (text.isEmpty() || text.length() > NAME_LENGTH_MAX) {
            throw new IllegalArgumentException("a name has 1 to 253 characters");
        }
        if (isIpLiteral(text)) {
            throw new IllegalArgumentException(
                    "\"%s\" is an address: use type: ip".formatted(text));
        }
        if (text.equals("localhost")) {
            throw new IllegalArgumentException("localhost is every machine's own name");
        }
        String[] labels = text.split("\\.", -1);
        boolean allStars = true;
        for (String label : labels) {
            refuseBadLabel(text, label);
            allStars &= label.equals("*") || label.equals("**");
        }
        String last = labels[labels.length - 1];
        if (allStars || last.indexOf('*') >= 0 || last.indexOf('?') >= 0) {
            throw new IllegalArgumentException(
                    "\"%s\" has a wildcard in its last label".formatted(text));
        }
        return text;
    }

    private static void refuseBadLabel(String text, String label) {
        if (label.isEmpty() || label.length() > LABEL_LENGTH_MAX) {
            throw new IllegalArgumentException(
                    "\"%s\": each label has 1 to 63 characters".formatted(text));
        }
        if (!label.equals("**") && label.contains("**")) {
            throw new IllegalArgumentException("\"%s\": ** must be a whole label".formatted(text));
        }
        boolean letters =
                label.codePoints()
                        .allMatch(c -> Character.isLetterOrDigit(c) || "-*?_".indexOf(c) >= 0);
        if (!letters || label.startsWith("-") || label.endsWith("-")) {
            throw new IllegalArgumentException(
                    "\"%s\": labels are letters, digits, inner hyphens, * and ?".formatted(text));
        }
    }

    private static boolean isIpLiteral(String text) {
        try {
            IpAddress.parse(text);
            return true;
        } catch (IllegalArgumentException _) {
            return false;
        }
    }
}
