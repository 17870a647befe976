package dev.gatehouse.client.state.boundary;

/// The bytes of a DNS message. Compared by identity; nobody changes them.
public final class DnsPayload {
    /// Bytes.
    public static final int HEADER_LENGTH = 12;

    private static final int FLAGS_OFFSET = 2;
    private static final int QUESTIONS_OFFSET = 4;
    private static final int TYPE_AND_CLASS_LENGTH = 4;
    private static final int LABEL_LENGTH_MAX = 63;
    private static final int RESPONSE = 0x80;
    private static final int CODE = 0x0F;
    private static final int NXDOMAIN = 3;

    private final byte[] bytes;

    public DnsPayload(byte[] bytes) {
        this.bytes = bytes;
    }

    public byte[] bytes() {
        return bytes;
    }

    /// Whether this is a response to `query`: its id and its question, name (in any case), type and
    /// class (RFC 5452 section 9.1). A server that did not understand may leave the question out.
    public boolean answers(DnsPayload query) {
        boolean isResponse =
                bytes.length >= HEADER_LENGTH
                        && query.bytes.length >= HEADER_LENGTH
                        && (bytes[FLAGS_OFFSET] & RESPONSE) != 0
                        && u16(0) == query.u16(0);
        if (!isResponse) {
            return false;
        }
        int code = bytes[FLAGS_OFFSET + 1] & CODE;
        if (u16(QUESTIONS_OFFSET) == 0) {
            return code != 0 && code != NXDOMAIN;
        }
        int end = query.questionEnd();
        return u16(QUESTIONS_OFFSET) == 1
                && end > 0
                && bytes.length >= end
                && isSameUpTo(end, query);
    }

    private boolean isSameUpTo(int end, DnsPayload query) {
        int types = end - TYPE_AND_CLASS_LENGTH;
        for (int i = HEADER_LENGTH; i < end; i++) {
            boolean same =
                    i < types
                            ? lower(bytes[i]) == lower(query.bytes[i])
                            : bytes[i] == query.bytes[i];
            if (!same) {
                return false;
            }
        }
        return true;
    }

    /// Lengths of labels are below the letters.
    private static int lower(byte letter) {
        return letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter;
    }

    /// Behind the only question, or 0.
    private int questionEnd() {
        int at = HEADER_LENGTH;
        while (at < bytes.length && bytes[at] > 0 && bytes[at] <= LABEL_LENGTH_MAX) {
            at += 1 + bytes[at];
        }
        int end = at + 1 + TYPE_AND_CLASS_LENGTH;
        return end <= bytes.length && bytes[at] == 0 ? end : 0;
    }

    private int u16(int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }
}
