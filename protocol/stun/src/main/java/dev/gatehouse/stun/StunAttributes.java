package dev.gatehouse.stun;

/// Attribute types, RFC 8489 section 18.3, RFC 8656 section 18 and RFC 8445 section 16.1.
public final class StunAttributes {
    public static final int USERNAME = 0x0006;
    public static final int MESSAGE_INTEGRITY = 0x0008;
    public static final int ERROR_CODE = 0x0009;
    public static final int CHANNEL_NUMBER = 0x000C;
    public static final int LIFETIME = 0x000D;
    public static final int XOR_PEER_ADDRESS = 0x0012;
    public static final int REALM = 0x0014;
    public static final int NONCE = 0x0015;
    public static final int XOR_RELAYED_ADDRESS = 0x0016;
    public static final int REQUESTED_ADDRESS_FAMILY = 0x0017;
    public static final int REQUESTED_TRANSPORT = 0x0019;
    public static final int XOR_MAPPED_ADDRESS = 0x0020;
    public static final int PRIORITY = 0x0024;
    public static final int USE_CANDIDATE = 0x0025;
    public static final int ADDITIONAL_ADDRESS_FAMILY = 0x8000;
    public static final int SOFTWARE = 0x8022;
    public static final int FINGERPRINT = 0x8028;
    public static final int ICE_CONTROLLED = 0x8029;
    public static final int ICE_CONTROLLING = 0x802A;

    /// REQUESTED-TRANSPORT of UDP: the IP protocol number.
    public static final int TRANSPORT_UDP = 17;

    /// Address family numbers of the address and family attributes.
    public static final int FAMILY_IPV4 = 1;

    public static final int FAMILY_IPV6 = 2;

    private StunAttributes() {}
}
