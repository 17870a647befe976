package dev.gatehouse.dataplane.host;

import dev.gatehouse.wire.IpAddress;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/// Says whether a condition of an nftables rule, in the words of libnftables-json(5), holds for
/// packets of a kind. What it does not understand may hold.
///
/// @param protocol `tcp` or `udp`
record RuleMatcher(Packets packets, String protocol) {
    private static final Pattern CT_STATE = Pattern.compile("ct state (!=? ?)?([a-z,]+)");
    private static final Pattern CT_STATUS = Pattern.compile("ct status (!=? ?)?([a-z,-]+)");
    private static final List<String> OTHER_PROTOCOLS =
            List.of("icmp", "icmpv6", "ipv6-icmp", "igmp", "esp", "ah", "sctp", "dccp", "arp");

    /// @param match the value of a `match` statement
    Match match(JsonObject match) {
        var left = match.getValue("left");
        if (!(left instanceof JsonObject subject) || isMasked(subject)) {
            return Match.MAYBE;
        }
        if (!mayCarry(subject)) {
            return Match.NO;
        }
        var found = any(subject, match.getValue("right"));
        return switch (match.getString("op")) {
            case "==", "in" -> found;
            case "!=" -> found.not();
            case null, default -> Match.MAYBE;
        };
    }

    private static boolean isMasked(JsonObject subject) {
        return subject.containsKey("&")
                || subject.containsKey("|")
                || subject.containsKey("concat");
    }

    /// A field of a header that the packets do not have matches nothing, also when negated.
    private boolean mayCarry(JsonObject subject) {
        var payload = subject.getJsonObject("payload");
        String header = payload == null ? null : payload.getString("protocol");
        return switch (header) {
            case "ip" -> packets.isV4();
            case "ip6" -> !packets.isV4();
            case "tcp", "udp" -> header.equals(protocol);
            case null -> true;
            default -> !OTHER_PROTOCOLS.contains(header);
        };
    }

    /// One value, or several of which one is enough.
    Match any(JsonObject subject, Object values) {
        var set =
                values instanceof JsonObject object && object.getValue("set") != null
                        ? object.getValue("set")
                        : values;
        if (!(set instanceof JsonArray several)) {
            return one(subject, set);
        }
        var found = Match.NO;
        for (var value : several) {
            found = found.or(one(subject, value));
        }
        return found;
    }

    private Match one(JsonObject subject, Object value) {
        if (value instanceof String name && name.startsWith("@")) {
            return Match.MAYBE; // a named set
        }
        if (subject.getJsonObject("meta") != null) {
            return meta(subject.getJsonObject("meta").getString("key"), value);
        }
        if (subject.getJsonObject("payload") != null) {
            return payload(subject.getJsonObject("payload"), value);
        }
        if (subject.getJsonObject("ct") != null) {
            return connection(subject.getJsonObject("ct").getString("key", ""), value);
        }
        return subject.getJsonObject("fib") == null
                ? Match.MAYBE
                : lookUp(subject.getJsonObject("fib"), value);
    }

    private Match meta(String key, Object value) {
        return switch (key) {
            case "iifname", "iif" -> name(packets.in(), value);
            case "oifname", "oif" -> name(packets.out(), value);
            case "nfproto" -> Match.of(value.equals(packets.isV4() ? "ipv4" : "ipv6"));
            case "protocol" -> Match.of(value.equals(packets.isV4() ? "ip" : "ip6"));
            case "l4proto" -> protocol(value);
            case null, default -> Match.MAYBE;
        };
    }

    private static Match name(String device, Object value) {
        if (!(value instanceof String pattern)) {
            return Match.MAYBE;
        }
        return Match.of(
                pattern.endsWith("*")
                        ? device.startsWith(pattern.substring(0, pattern.length() - 1))
                                && !device.isEmpty()
                        : device.equals(pattern));
    }

    private Match protocol(Object value) {
        return switch (value) {
            case String name -> Match.of(name.equals(protocol));
            case Number number -> Match.of(number.intValue() == (protocol.equals("tcp") ? 6 : 17));
            default -> Match.MAYBE;
        };
    }

    private Match payload(JsonObject payload, Object value) {
        String field = payload.getString("field", "");
        return switch (payload.getString("protocol", "")) {
            case "ip", "ip6" -> network(field, value);
            case "tcp", "udp", "th" ->
                    field.equals("dport") && packets.port().isPresent()
                            ? port(packets.port().getAsInt(), value)
                            : Match.MAYBE;
            default -> Match.MAYBE;
        };
    }

    private static Match port(int port, Object value) {
        if (value instanceof Number number) {
            return Match.of(number.intValue() == port);
        }
        if (value instanceof JsonObject object && object.getJsonArray("range") != null) {
            var range = object.getJsonArray("range");
            return Match.of(port >= range.getInteger(0) && port <= range.getInteger(1));
        }
        return Match.MAYBE;
    }

    private Match network(String field, Object value) {
        boolean isClients = field.equals(packets.isAnswer() ? "daddr" : "saddr");
        return switch (field) {
            case "protocol", "nexthdr" -> protocol(value);
            case "saddr", "daddr" -> isClients ? clients(value) : Match.MAYBE;
            default -> Match.MAYBE;
        };
    }

    private Match clients(Object value) {
        try {
            var given = interval(value);
            var ours = interval(packets.clients().address(), packets.clients().prefixLength());
            if (given[1].compareTo(ours[0]) < 0 || given[0].compareTo(ours[1]) > 0) {
                return Match.NO;
            }
            boolean all = given[0].compareTo(ours[0]) <= 0 && given[1].compareTo(ours[1]) >= 0;
            return all ? Match.YES : Match.MAYBE;
        } catch (IllegalArgumentException _) {
            return Match.MAYBE;
        }
    }

    private static BigInteger[] interval(Object value) {
        if (value instanceof String text) {
            var address = IpAddress.parse(text);
            return interval(address, address.bits());
        }
        if (value instanceof JsonObject object && object.getJsonObject("prefix") != null) {
            var prefix = object.getJsonObject("prefix");
            return interval(IpAddress.parse(prefix.getString("addr")), prefix.getInteger("len"));
        }
        if (value instanceof JsonObject object && object.getJsonArray("range") != null) {
            var range = object.getJsonArray("range");
            return new BigInteger[] {
                number(IpAddress.parse(range.getString(0))),
                number(IpAddress.parse(range.getString(1)))
            };
        }
        throw new IllegalArgumentException("no addresses");
    }

    private static BigInteger[] interval(IpAddress address, int prefixLength) {
        var size = BigInteger.ONE.shiftLeft(address.bits() - prefixLength);
        return new BigInteger[] {
            number(address), number(address).add(size).subtract(BigInteger.ONE)
        };
    }

    private static BigInteger number(IpAddress address) {
        return new BigInteger(1, address.toBytes());
    }

    private Match connection(String key, Object value) {
        return switch (key) {
            case "state" -> Match.of(value.equals(packets.isAnswer() ? "established" : "new"));
            case "status" -> status(String.valueOf(value));
            case "direction" -> Match.of(value.equals(packets.isAnswer() ? "reply" : "original"));
            default -> Match.MAYBE;
        };
    }

    /// Nobody but us translates what leaves the tunnel, and we do so last.
    private Match status(String value) {
        return switch (value) {
            case "dnat" -> Match.NO;
            case "snat" -> Match.of(packets.isAnswer());
            default -> Match.MAYBE;
        };
    }

    private Match lookUp(JsonObject fib, Object value) {
        var flags = fib.getValue("flags");
        boolean isDestination =
                "daddr".equals(flags)
                        || flags instanceof JsonArray several
                                && several.getList().equals(List.of("daddr"));
        return isDestination && "type".equals(fib.getString("result")) && "local".equals(value)
                ? Match.of(!packets.isForwarded())
                : Match.MAYBE;
    }

    /// An extension of `iptables`, which the JSON only names.
    ///
    /// @param line the rule as `nft` prints it for people, empty if not at hand
    Match extension(String name, String line) {
        return switch (name) {
            case "comment" -> Match.YES;
            case "conntrack", "state" -> tracked(line);
            case "icmp", "icmp6", "physdev" -> Match.NO;
            case "tcp", "udp" -> name.equals(protocol) ? Match.MAYBE : Match.NO;
            case null, default -> Match.MAYBE;
        };
    }

    private Match tracked(String line) {
        var found = Match.YES;
        boolean any = false;
        for (var pattern : List.of(CT_STATE, CT_STATUS)) {
            var matcher = pattern.matcher(line);
            while (matcher.find()) {
                any = true;
                var key = pattern == CT_STATE ? "state" : "status";
                var one =
                        Arrays.stream(matcher.group(2).split(","))
                                .map(value -> connection(key, value))
                                .reduce(Match.NO, Match::or);
                found = found.and(matcher.group(1) == null ? one : one.not());
            }
        }
        return any ? found : Match.MAYBE;
    }
}
