package dev.gatehouse.channel;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// The `external_id` of a gateway or client, portal-channel.md 1.3.
public final class DeviceId {
    private static final String HEX = "[0-9a-fA-F]";
    private static final String HYPHENATED =
            HEX + "{8}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{4}-" + HEX + "{12}";
    private static final Pattern ANY_UUID =
            Pattern.compile(
                    HYPHENATED
                            + "|"
                            + HEX
                            + "{32}|\\{"
                            + HYPHENATED
                            + "\\}|[uU][rR][nN]:[uU][uU][iI][dD]:"
                            + HYPHENATED);

    private DeviceId() {}

    /// A UUID in any notation is sent as the SHA-256 of the text as given, all else unchanged.
    public static String externalId(String configured) {
        return ANY_UUID.matcher(configured).matches() ? sha256(configured) : configured;
    }

    /// A fresh id, for want of a configured and a stored one.
    public static String create(UUID random) {
        return sha256(random.toString());
    }

    public static String toFileText(String id) {
        return Json.object().put("id", id).toString();
    }

    /// Reads what [#toFileText] wrote; empty if it is something else.
    public static Optional<String> ofFileText(String text) {
        try {
            var id = Json.MAPPER.readTree(text).path("id");
            return Optional.ofNullable(id.textValue()).filter(value -> !value.isBlank());
        } catch (com.fasterxml.jackson.core.JsonProcessingException _) {
            return Optional.empty();
        }
    }

    private static String sha256(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException failure) {
            throw new IllegalStateException("every JDK has SHA-256", failure);
        }
    }
}
