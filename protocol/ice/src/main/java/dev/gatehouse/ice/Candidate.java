package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.Locale;
import java.util.Optional;

/// One way to reach a peer, and its textual form, tunnel.md sections 2.2, 2.4 and 2.5.
///
/// @param base the address that we send from for `address`; of a parsed candidate the related
///     address (`raddr`), which peers blank, or the address itself
/// @param priority unsigned 32 bits
/// @param foundation 1 to 32 characters; equal for candidates of one kind and IP address
/// @param ufrag of the agent that the candidate belongs to, where the text named it
public record Candidate(
        Kind kind,
        Endpoint address,
        Endpoint base,
        long priority,
        String foundation,
        Optional<String> ufrag) {
    /// Where a candidate comes from, with its type preference (RFC 8445 section 5.1.2.2).
    public enum Kind {
        HOST("host", 126, 65535),
        PEER_REFLEXIVE("prflx", 110, 49151),
        SERVER_REFLEXIVE("srflx", 100, 32767),
        RELAYED("relay", 2, 16383); // not 0, as everywhere else in the RFC: seen on the wire

        private final String sdpName;
        private final int typePreference;
        private final int localPreferenceV6;

        Kind(String sdpName, int typePreference, int localPreferenceV6) {
            this.sdpName = sdpName;
            this.typePreference = typePreference;
            this.localPreferenceV6 = localPreferenceV6;
        }
    }

    static final int TEXT_CHARACTERS_MAX = 512;
    private static final int RELAY_FAMILY_PENALTY = 1000;
    private static final int COMPONENT_PRIORITY = 255; // 256 - component 1
    private static final int LOCAL_PREFERENCE_MASK = 0xFFFF;
    private static final long PRIORITY_MAX = 0xFFFF_FFFFL;

    public Candidate {
        if (priority < 0 || priority > PRIORITY_MAX) {
            throw new IllegalArgumentException("priority out of range: " + priority);
        }
    }

    /// A socket of ours, as the first one of its family.
    public static Candidate host(Endpoint address) {
        return first(Kind.HOST, address, address, 0);
    }

    /// What a STUN server saw of the socket `base`.
    public static Candidate serverReflexive(Endpoint address, Endpoint base) {
        return first(Kind.SERVER_REFLEXIVE, address, base, 0);
    }

    /// An address allocated at a relay. Ranks lower if its family differs from that of the socket
    /// that reaches the relay.
    ///
    /// @param serverSocketUsed either end of the path to the relay: only its family counts
    public static Candidate relayed(Endpoint relayed, Endpoint serverSocketUsed) {
        boolean differs = relayed.family() != serverSocketUsed.family();
        return first(Kind.RELAYED, relayed, relayed, differs ? RELAY_FAMILY_PENALTY : 0);
    }

    private static Candidate first(Kind kind, Endpoint address, Endpoint base, int penalty) {
        int preference = kind.localPreferenceV6 - (address.isV4() ? 1 : 0) - penalty;
        return of(kind, address, base, priority(kind, preference));
    }

    static Candidate of(Kind kind, Endpoint address, Endpoint base, long priority) {
        return new Candidate(
                kind,
                address,
                base,
                priority,
                foundation(kind, address, priority),
                Optional.empty());
    }

    private static long priority(Kind kind, int localPreference) {
        return (long) kind.typePreference << 24 | localPreference << 8 | COMPONENT_PRIORITY;
    }

    /// Depends on kind and IP address, not on the port; the length varies, as it does for peers.
    private static String foundation(Kind kind, Endpoint address, long priority) {
        long hash = 0xCBF2_9CE4_8422_2325L; // FNV-1a
        hash = (hash ^ kind.ordinal()) * 0x100_0000_01B3L;
        for (byte octet : address.address().toBytes()) {
            hash = (hash ^ Byte.toUnsignedInt(octet)) * 0x100_0000_01B3L;
        }
        int swapped = Integer.reverseBytes((int) priority);
        return String.format(Locale.ROOT, "%08x%x", swapped, hash);
    }

    /// This candidate after `earlier` others of its kind and family: two lower each time.
    Candidate after(int earlier) {
        int preference = Math.max(localPreference() - 2 * earlier, 0);
        return of(kind, address, base, priority(kind, preference));
    }

    private int localPreference() {
        return (int) (priority >>> 8) & LOCAL_PREFERENCE_MASK;
    }

    /// PRIORITY of a check from this candidate: what a peer-reflexive candidate would have.
    long checkPriority() {
        return priority(Kind.PEER_REFLEXIVE, localPreference());
    }

    /// Returns false for addresses that no candidate may have (tunnel.md section 2.2).
    boolean isUsable() {
        IpAddress ip = address.address();
        boolean special = ip.isMulticast() || ip.isUnspecified() || address.port() == 0;
        boolean specialV4 = ip.isV4() && (ip.isLinkLocal() || ip.asInt() == -1);
        return !special
                && !specialV4
                && (kind != Kind.SERVER_REFLEXIVE || base.family() == address.family());
    }

    /// True if both name the same thing: kind, address and base.
    boolean isSame(Candidate other) {
        return kind == other.kind && address.equals(other.address) && base.equals(other.base);
    }

    Candidate withUfrag(String text) {
        return withUfrag(Optional.of(text));
    }

    Candidate withoutUfrag() {
        return withUfrag(Optional.empty());
    }

    private Candidate withUfrag(Optional<String> text) {
        return new Candidate(kind, address, base, priority, foundation, text);
    }

    /// The text that is signalled. The related address is always blank: peers match on that.
    public String toSdp(String ufragText) {
        var text =
                new StringBuilder(128)
                        .append("candidate:")
                        .append(foundation)
                        .append(" 1 udp ")
                        .append(priority)
                        .append(' ')
                        .append(address.address())
                        .append(' ')
                        .append(address.port())
                        .append(" typ ")
                        .append(kind.sdpName);
        if (kind != Kind.HOST) {
            text.append(" raddr ")
                    .append(Endpoint.any(address.family()).address())
                    .append(" rport 0");
        }
        return text.append(" ufrag ").append(ufragText).toString();
    }

    /// Parses signalled text. Liberal about the order of what follows the kind and about unknown
    /// keys; empty if the text is no UDP candidate of component 1.
    public static Optional<Candidate> parse(String sdp) {
        return sdp.length() > TEXT_CHARACTERS_MAX
                ? Optional.empty()
                : CandidateText.parse(sdp.strip().split(" +"));
    }

    static Optional<Kind> kind(String sdpName) {
        for (Kind kind : Kind.values()) {
            if (kind.sdpName.equals(sdpName)) {
                return Optional.of(kind);
            }
        }
        return Optional.empty();
    }

    static boolean isPriority(long priority) {
        return priority >= 0 && priority <= PRIORITY_MAX;
    }
}
