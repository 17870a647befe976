package dev.gatehouse.portal.token;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/// A signed JWT that August 2026 peers demand with every authorization; uploads stay off
/// (portal-channel.md 9.4).
public final class IngestToken {
    private static final String HEADER = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";

    private final byte[] key;

    public IngestToken(byte[] key) {
        this.key = key.clone();
    }

    public String sign(ObjectNode claims) {
        String signed =
                base64(HEADER.getBytes(StandardCharsets.UTF_8))
                        + "."
                        + base64(claims.toString().getBytes(StandardCharsets.UTF_8));
        byte[] mac = PeerSecrets.hmac(key, signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64(mac);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
