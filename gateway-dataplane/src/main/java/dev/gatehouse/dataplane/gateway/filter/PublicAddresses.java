package dev.gatehouse.dataplane.gateway.filter;

/// Which addresses the internet resource covers, tunnel.md 11.2 #17. Numbers instead of networks:
/// this runs for each packet. It leaves out what `SpecialNetworks` calls private, and more.
final class PublicAddresses {
    private static final long V4_MAPPED_LOW = 0xFFFFL; // ::ffff:0:0/96, the upper half of low

    private PublicAddresses() {}

    static boolean isPublic(boolean v4, long high, long low) {
        return v4 ? isPublicV4(low) : isPublicV6(high, low);
    }

    private static boolean isPublicV4(long low) {
        int first = (int) (low >>> 24);
        int firstTwo = (int) (low >>> 16);
        return first != 0
                && first != 10
                && first != 127
                && first < 224 // multicast and 240/4
                && firstTwo != 0xA9FE // 169.254/16
                && firstTwo != 0xC0A8 // 192.168/16
                && firstTwo >>> 4 != 0xAC1 // 172.16/12
                && firstTwo >>> 6 != 0x6440 >>> 6; // 100.64/10
    }

    private static boolean isPublicV6(long high, long low) {
        int first = (int) (high >>> 56);
        boolean zeroes = high == 0 && (low >>> 32 == V4_MAPPED_LOW || low == 0 || low == 1);
        return !zeroes
                && first != 0xFF // multicast
                && (first & 0xFE) != 0xFC // fc00::/7
                && high >>> 54 != 0x3FA; // fe80::/10
    }
}
