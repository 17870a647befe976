package dev.gatehouse.wire;

/// Textual form of addresses: RFC 4291 section 2.2 in, RFC 5952 out.
final class IpAddressText {
    private static final int GROUPS = 8;

    private IpAddressText() {}

    static IpAddress parse(String text) {
        return text.indexOf(':') < 0 ? IpAddress.v4(parseV4(text)) : parseV6(text);
    }

    private static int parseV4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            throw invalid(text);
        }
        int address = 0;
        for (String part : parts) {
            address = address << 8 | number(text, part, 10, 3, 255);
        }
        return address;
    }

    private static IpAddress parseV6(String text) {
        int gap = text.indexOf("::");
        String head = gap < 0 ? text : text.substring(0, gap);
        String tail = gap < 0 ? "" : text.substring(gap + 2);
        int[] first = groups(text, head);
        int[] last = groups(text, tail);
        int missing = GROUPS - first.length - last.length;
        if (gap < 0 ? missing != 0 : missing < 1) {
            throw invalid(text);
        }
        var all = new int[GROUPS];
        System.arraycopy(first, 0, all, 0, first.length);
        System.arraycopy(last, 0, all, GROUPS - last.length, last.length);
        return IpAddress.v6(join(all, 0), join(all, 4));
    }

    private static int[] groups(String whole, String text) {
        if (text.isEmpty()) {
            return new int[0];
        }
        String[] parts = text.split(":", -1);
        boolean dotted = parts[parts.length - 1].indexOf('.') >= 0;
        var groups = new int[parts.length + (dotted ? 1 : 0)];
        if (groups.length > GROUPS) {
            throw invalid(whole);
        }
        for (int i = 0; i < parts.length; i++) {
            if (dotted && i == parts.length - 1) {
                int v4 = parseV4(parts[i]);
                groups[i] = v4 >>> 16;
                groups[i + 1] = v4 & 0xFFFF;
            } else {
                groups[i] = number(whole, parts[i], 16, 4, 0xFFFF);
            }
        }
        return groups;
    }

    private static int number(String whole, String part, int radix, int lengthMax, int max) {
        if (part.isEmpty() || part.length() > lengthMax) {
            throw invalid(whole);
        }
        int value = 0;
        for (int i = 0; i < part.length(); i++) {
            int digit = part.charAt(i) < 128 ? Character.digit(part.charAt(i), radix) : -1;
            if (digit < 0) {
                throw invalid(whole);
            }
            value = value * radix + digit;
        }
        boolean leadingZero = radix == 10 && part.length() > 1 && part.charAt(0) == '0';
        if (value > max || leadingZero) {
            throw invalid(whole);
        }
        return value;
    }

    private static long join(int[] groups, int from) {
        return (long) groups[from] << 48
                | (long) groups[from + 1] << 32
                | (long) groups[from + 2] << 16
                | groups[from + 3];
    }

    private static IllegalArgumentException invalid(String text) {
        return new IllegalArgumentException("not an IP address: " + text);
    }

    static String format(IpAddress address) {
        if (address.isV4()) {
            int bits = address.asInt();
            return (bits >>> 24)
                    + "."
                    + (bits >>> 16 & 255)
                    + "."
                    + (bits >>> 8 & 255)
                    + "."
                    + (bits & 255);
        }
        return formatV6(address);
    }

    private static String formatV6(IpAddress address) {
        var groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            long half = i < 4 ? address.high() : address.low();
            groups[i] = (int) (half >>> 48 - 16 * (i & 3)) & 0xFFFF;
        }
        int zerosFrom = -1;
        int zeros = 1; // a single zero group is not shortened
        for (int i = 0; i < GROUPS; i++) {
            int end = i;
            while (end < GROUPS && groups[end] == 0) {
                end++;
            }
            if (end - i > zeros) {
                zerosFrom = i;
                zeros = end - i;
            }
            i = Math.max(i, end - 1);
        }
        var text = new StringBuilder(39);
        for (int i = 0; i < GROUPS; i++) {
            if (i == zerosFrom) {
                text.append("::");
                i += zeros - 1;
                continue;
            }
            if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                text.append(':');
            }
            text.append(Integer.toHexString(groups[i]));
        }
        return text.toString();
    }
}
