package dev.gatehouse.channel.login;

import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.frame.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

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

    private static final Pattern MACHINE_ID = Pattern.compile("[0-9a-f]{32}\\n?");
    private static final String CLIENT_KEY = "e1e465ce763e4759945c650ac334501f";
    private static final String GATEWAY_KEY = "753b38f9f96947ef8083802d5909a372";

    private DeviceId() {}

    /// A UUID in any notation is sent as the SHA-256 of the text as given, all else unchanged.
    public static String externalId(String configured) {
        return ANY_UUID.matcher(configured).matches() ? sha256(configured) : configured;
    }

    /// A fresh id, for want of a configured and a stored one.
    public static String create(UUID random) {
        return sha256(random.toString());
    }

    /// The id of this machine for a gateway or client without a configured or stored one, as peers
    /// of 2026 make it (portal-channel.md 9.2).
    ///
    /// @param machineId the text of `/etc/machine-id`, newline included
    /// @return empty if the machine has no id, as in most containers
    public static Optional<String> ofMachine(PeerRole role, String machineId) {
        var key =
                switch (role) {
                    case CLIENT -> CLIENT_KEY;
                    case GATEWAY -> GATEWAY_KEY;
                    case RELAY -> throw new IllegalArgumentException("relays have no external id");
                };
        return MACHINE_ID.matcher(machineId).matches()
                ? Optional.of(hmac(key, machineId))
                : Optional.empty();
    }

    private static String hmac(String key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
            byte[] bytes = mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
            return HexFormat.of().formatHex(bytes);
        } catch (GeneralSecurityException failure) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", failure);
        }
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
