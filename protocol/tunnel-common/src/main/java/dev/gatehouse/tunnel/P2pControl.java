package dev.gatehouse.tunnel;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.gatehouse.wire.IpAddress;
import dev.gatehouse.wire.IpPacket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The control packets inside the tunnel, tunnel.md section 5: recognises, reads and writes them.
public final class P2pControl {
    public static final int NEXT_HEADER = 0xFF;

    /// Bytes before the JSON: the IPv6 header, the event type and 7 reserved bytes.
    public static final int HEADER_LENGTH = IpPacket.IPV6_HEADER_LENGTH + 8;

    private static final int ASSIGNED_IPS = 0;
    private static final int DOMAIN_STATUS = 1;
    private static final int GOODBYE = 2;

    private static final int JSON_LENGTH_MAX = IpPacket.LENGTH_MAX - HEADER_LENGTH;
    private static final int DOMAIN_LENGTH_MAX = 255;
    private static final Pattern UUID =
            Pattern.compile(
                    "(?:urn:uuid:)?\\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})"
                            + "-?([0-9a-f]{4})-?([0-9a-f]{12})}?");
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private P2pControl() {}

    /// True if the packet is one of ours: next header 0xFF, both addresses `::`, and at least the
    /// 8 bytes of the event header.
    public static boolean isControl(IpPacket packet) {
        return !packet.isV4()
                && packet.protocol() == NEXT_HEADER
                && packet.headerLength() == IpPacket.IPV6_HEADER_LENGTH
                && packet.totalLength() >= HEADER_LENGTH
                && (packet.sourceHigh() | packet.sourceLow()) == 0
                && (packet.destinationHigh() | packet.destinationLow()) == 0;
    }

    /// Reads a packet for which [#isControl] is true.
    public static P2pEvent decode(IpPacket packet) {
        int type = Byte.toUnsignedInt(packet.buffer().get(packet.transportOffset()));
        return switch (type) {
            case ASSIGNED_IPS -> orMalformed(json(packet).flatMap(P2pControl::assignedIps), type);
            case DOMAIN_STATUS -> orMalformed(json(packet).flatMap(P2pControl::domainStatus), type);
            case GOODBYE -> new P2pEvent.Goodbye();
            default -> new P2pEvent.Unknown(type);
        };
    }

    private static P2pEvent orMalformed(Optional<? extends P2pEvent> event, int type) {
        return event.isPresent() ? event.get() : new P2pEvent.Malformed(type);
    }

    private static Optional<JsonNode> json(IpPacket packet) {
        int length = packet.totalLength() - HEADER_LENGTH;
        if (length > JSON_LENGTH_MAX) {
            return Optional.empty();
        }
        var bytes = new byte[length];
        packet.buffer().get(packet.offset() + HEADER_LENGTH, bytes);
        try {
            return Optional.of(JSON.readTree(new String(bytes, StandardCharsets.UTF_8)));
        } catch (JsonProcessingException _) {
            return Optional.empty();
        }
    }

    private static Optional<P2pEvent> assignedIps(JsonNode json) {
        var resource = text(json, "resource").flatMap(P2pControl::uuid);
        var domain = domain(json);
        JsonNode ips = json.path("proxy_ips");
        if (resource.isEmpty() || domain.isEmpty() || !ips.isArray()) {
            return Optional.empty();
        }
        var addresses = new ArrayList<IpAddress>(ips.size());
        for (JsonNode ip : ips) {
            var address = address(ip);
            if (address.isEmpty()) {
                return Optional.empty();
            }
            addresses.add(address.get());
        }
        return Optional.of(new P2pEvent.AssignedIps(resource.get(), domain.get(), addresses));
    }

    private static Optional<P2pEvent> domainStatus(JsonNode json) {
        var resource = text(json, "resource").flatMap(P2pControl::uuid);
        var domain = domain(json);
        var status = text(json, "status");
        if (resource.isEmpty() || domain.isEmpty() || status.isEmpty()) {
            return Optional.empty();
        }
        boolean active = status.get().equals("Active"); // anything unknown counts as inactive
        return Optional.of(new P2pEvent.DomainStatus(resource.get(), domain.get(), active));
    }

    private static Optional<String> text(JsonNode json, String field) {
        return Optional.ofNullable(json.path(field).textValue());
    }

    /// Short enough to be echoed in a packet of its own, whatever it is made of. JSON writes a
    /// control character as six, and no name has one.
    private static Optional<String> domain(JsonNode json) {
        return text(json, "domain")
                .filter(d -> !d.isEmpty() && d.length() <= DOMAIN_LENGTH_MAX)
                .filter(d -> d.chars().noneMatch(Character::isISOControl));
    }

    /// The form of 36 lower-case characters of any standard form.
    private static Optional<String> uuid(String text) {
        var matcher = UUID.matcher(text.toLowerCase(Locale.ROOT));
        return matcher.matches()
                ? Optional.of(matcher.replaceFirst("$1-$2-$3-$4-$5"))
                : Optional.empty();
    }

    private static Optional<IpAddress> address(JsonNode node) {
        try {
            return Optional.ofNullable(node.textValue()).map(IpAddress::parse);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Writes an event as a whole packet.
    ///
    /// @param out big endian, room for [IpPacket#LENGTH_MAX] bytes at `offset`
    /// @return the length of the packet
    /// @throws IllegalArgumentException if the event does not fit, or is one that is never sent
    public static int encode(P2pEvent event, ByteBuffer out, int offset) {
        return switch (event) {
            case P2pEvent.AssignedIps(var resource, var domain, var proxyIps) -> {
                var json = JSON.createObjectNode().put("resource", resource).put("domain", domain);
                var ips = json.putArray("proxy_ips");
                proxyIps.forEach(ip -> ips.add(ip.toString()));
                yield write(ASSIGNED_IPS, json, out, offset);
            }
            case P2pEvent.DomainStatus(var resource, var domain, boolean active) -> {
                var json = JSON.createObjectNode().put("resource", resource).put("domain", domain);
                json.put("status", active ? "Active" : "Inactive");
                yield write(DOMAIN_STATUS, json, out, offset);
            }
            case P2pEvent.Goodbye _ -> write(GOODBYE, new byte[0], out, offset);
            case P2pEvent.Unknown _, P2pEvent.Malformed _ ->
                    throw new IllegalArgumentException("never sent: " + event);
        };
    }

    private static int write(int type, JsonNode json, ByteBuffer out, int offset) {
        return write(type, json.toString().getBytes(StandardCharsets.UTF_8), out, offset);
    }

    private static int write(int type, byte[] json, ByteBuffer out, int offset) {
        if (json.length > JSON_LENGTH_MAX) {
            throw new IllegalArgumentException("control event too long: " + json.length);
        }
        int payload = 8 + json.length;
        out.putInt(offset, 0x6000_0000);
        out.putInt(offset + 4, payload << 16 | NEXT_HEADER << 8);
        for (int i = 8; i < IpPacket.IPV6_HEADER_LENGTH; i += 8) {
            out.putLong(offset + i, 0);
        }
        out.putLong(offset + IpPacket.IPV6_HEADER_LENGTH, (long) type << 56);
        out.put(offset + HEADER_LENGTH, json);
        return IpPacket.IPV6_HEADER_LENGTH + payload;
    }
}
