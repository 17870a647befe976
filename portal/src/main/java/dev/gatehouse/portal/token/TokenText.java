package dev.gatehouse.portal.token;

import java.util.Base64;
import java.util.Locale;
import java.util.random.RandomGenerator;

/// A token as its bearer gets it: a dot, the id, a dot, 32 random bytes. Shown once; the file keeps
/// the id and the hash. The leading dot leaves room for a nonce before it (portal-channel.md 6).
public record TokenText(String id, String text) {
    private static final int ID_LENGTH = 12;
    private static final int SECRET_LENGTH = 32;

    public static TokenText create(RandomGenerator random) {
        var idText = new StringBuilder();
        for (int i = 0; i < ID_LENGTH; i++) {
            idText.append(Character.forDigit(random.nextInt(32), 32));
        }
        var secret = new byte[SECRET_LENGTH];
        random.nextBytes(secret);
        String id = idText.toString().toLowerCase(Locale.ROOT);
        String encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        return new TokenText(id, "." + id + "." + encoded);
    }

    public String hash() {
        return PeerSecrets.tokenHash(text);
    }

    /// The lines under `tokens:`; `owner` is empty or one line like `site: "HQ"`.
    public String yaml(String type, String owner) {
        var lines = new StringBuilder();
        lines.append("  - id: \"").append(id).append("\"\n");
        lines.append("    type: ").append(type).append('\n');
        if (!owner.isEmpty()) {
            lines.append("    ").append(owner).append('\n');
        }
        lines.append("    hash: \"").append(hash()).append("\"\n");
        return lines.toString();
    }

    @Override
    public String toString() {
        return "TokenText[" + id + "]";
    }
}
