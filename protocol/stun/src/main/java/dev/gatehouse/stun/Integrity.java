package dev.gatehouse.stun;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.zip.CRC32;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// MESSAGE-INTEGRITY and FINGERPRINT, RFC 8489 sections 14.5 and 14.7.
final class Integrity {
    static final int HMAC_LENGTH = 20;
    static final int FINGERPRINT_LENGTH = 4;
    static final int HEADER_LENGTH = 20;
    static final int ATTRIBUTE_HEADER_LENGTH = 4;

    private static final int FINGERPRINT_XOR = 0x5354554E;
    private static final int LENGTH_OFFSET = 2;

    private Integrity() {}

    /// HMAC-SHA1 of the first `end` bytes, the length field reading as if the attribute that
    /// carries the result were the last one.
    static byte[] hmac(byte[] message, int end, byte[] key) {
        try {
            var mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(key, "HmacSHA1"));
            int length = end + ATTRIBUTE_HEADER_LENGTH + HMAC_LENGTH - HEADER_LENGTH;
            mac.update(message, 0, LENGTH_OFFSET);
            mac.update((byte) (length >>> 8));
            mac.update((byte) length);
            mac.update(message, LENGTH_OFFSET + 2, end - LENGTH_OFFSET - 2);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA1", e);
        }
    }

    /// The fingerprint of the first `end` bytes, whose length field is already final.
    static int fingerprint(byte[] message, int end) {
        var crc = new CRC32();
        crc.update(ByteBuffer.wrap(message, 0, end));
        return (int) crc.getValue() ^ FINGERPRINT_XOR;
    }
}
