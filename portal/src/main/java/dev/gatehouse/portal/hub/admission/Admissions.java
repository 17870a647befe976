package dev.gatehouse.portal.hub.admission;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.hub.device.Devices;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.policy.SemVer;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.wire.IpAddress;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/// Checks upgrades: the token (401), then the parameters (422, or 400 on the v2 paths), as in
/// portal-channel.md 1.2, 1.4 and 1.6.
public final class Admissions {
    private static final List<String> COMPONENTS =
            List.of(
                    "relay",
                    "connlib",
                    "headless-client",
                    "gui-client",
                    "apple-client",
                    "android-client",
                    "gateway");
    private static final int VERSION_LENGTH_MAX = 64;
    private static final int TEXT_LENGTH_MAX = 255;

    /// R17 gateways send a whole JSON text from their second start on.
    private static final int EXTERNAL_ID_LENGTH_MAX = 1024;

    private static final int DEFAULT_RELAY_PORT = 3478;
    private static final String BEARER = "Bearer ";

    private Admissions() {}

    /// A request that lacks something; carried to the one place that knows the status.
    private static final class InvalidRequest extends Exception {
        private static final long serialVersionUID = 1;

        InvalidRequest(String message) {
            super(message);
        }
    }

    public static Admission check(
            UpgradeRequest request, Directory directory, Devices devices, long nowSeconds) {
        String text = tokenText(request);
        if (text.isEmpty()) {
            return new Admission.Refused(401, "missing_token", "no token was sent");
        }
        var token = token(text, request.endpoint().role(), directory, nowSeconds);
        if (token.isEmpty()) {
            return new Admission.Refused(
                    401, "invalid_token", "the token is unknown, expired or of another kind");
        }
        try {
            return new Admission.Accepted(identity(request, token.get(), devices));
        } catch (InvalidRequest e) {
            int status = request.endpoint().isV2() ? 400 : 422;
            return new Admission.Refused(status, "invalid_connect_params", e.getMessage());
        }
    }

    private static String tokenText(UpgradeRequest request) {
        String header = request.authorization();
        if (header.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return header.substring(BEARER.length()).strip();
        }
        return request.parameter("token").strip();
    }

    /// The token's id is what lies between its first two dots.
    private static Optional<Token> token(
            String text, Role role, Directory directory, long nowSeconds) {
        String[] parts = text.split("\\.", 3);
        if (parts.length != 3) {
            return Optional.empty();
        }
        return directory
                .token(parts[1])
                .filter(t -> PeerSecrets.isTokenOf(text, t.hash()))
                .filter(t -> t.type() == role.tokenType())
                .filter(t -> directory.isUsable(t, nowSeconds));
    }

    private static Identity identity(UpgradeRequest request, Token token, Devices devices)
            throws InvalidRequest {
        var agent = userAgent(request.userAgent());
        boolean relay = request.endpoint().role() == Role.RELAY;
        String externalId = relay ? "" : externalId(request);
        String publicKey = relay ? "" : publicKey(request);
        if (!relay
                && devices.isKeyOfAnother(
                        publicKey, request.endpoint().role(), token.ownerId(), externalId)) {
            throw new InvalidRequest("public_key belongs to another device");
        }
        return new Identity(
                request.endpoint(),
                token,
                externalId,
                limited(request.parameter("name").strip(), "name"),
                publicKey,
                hardware(request),
                agent.system(),
                agent.component(),
                agent.version(),
                SemVer.parse(agent.version()).orElse(SemVer.UNREADABLE),
                request.remoteIp(),
                request.location(),
                relay
                        ? relayAddress(request)
                        : new Identity.RelayAddress(Optional.empty(), Optional.empty(), 0));
    }

    private record Agent(String system, String component, String version) {}

    private static Agent userAgent(String text) throws InvalidRequest {
        int at = 0;
        for (String piece : text.split(" ", -1)) {
            int slash = piece.indexOf('/');
            if (slash > 0
                    && piece.length() <= slash + VERSION_LENGTH_MAX
                    && COMPONENTS.contains(piece.substring(0, slash))) {
                return new Agent(
                        text.substring(0, at).strip(),
                        piece.substring(0, slash),
                        piece.substring(slash + 1));
            }
            at += piece.length() + 1;
        }
        throw new InvalidRequest("the user agent names no known program");
    }

    private static String externalId(UpgradeRequest request) throws InvalidRequest {
        String id = request.parameter("external_id");
        if (id.isEmpty()) {
            id = request.parameter("firezone_id");
        }
        if (id.isEmpty() || id.length() > EXTERNAL_ID_LENGTH_MAX) {
            throw new InvalidRequest("external_id must have 1 to 1024 characters");
        }
        return id;
    }

    private static String publicKey(UpgradeRequest request) throws InvalidRequest {
        String key = request.parameter("public_key");
        try {
            if (key.length() == 44 && Base64.getDecoder().decode(key).length == 32) {
                return key;
            }
        } catch (IllegalArgumentException _) {
            // told below
        }
        throw new InvalidRequest("public_key must be the base64 of 32 bytes");
    }

    private static String hardware(UpgradeRequest request) throws InvalidRequest {
        return String.join(
                "\n",
                limited(request.parameter("device_serial"), "device_serial"),
                limited(request.parameter("device_uuid"), "device_uuid"),
                limited(request.parameter("identifier_for_vendor"), "identifier_for_vendor"),
                limited(request.parameter("firebase_installation_id"), "firebase_installation_id"));
    }

    private static String limited(String text, String name) throws InvalidRequest {
        if (text.length() > TEXT_LENGTH_MAX) {
            throw new InvalidRequest(name + " is longer than 255 characters");
        }
        return text.replace('\n', ' ');
    }

    private static Identity.RelayAddress relayAddress(UpgradeRequest request)
            throws InvalidRequest {
        var ipv4 = address(request.parameter("ipv4"), true);
        var ipv6 = address(request.parameter("ipv6"), false);
        if (ipv4.isEmpty() && ipv6.isEmpty()) {
            throw new InvalidRequest("a relay needs ipv4 or ipv6");
        }
        return new Identity.RelayAddress(ipv4, ipv6, port(request.parameter("port")));
    }

    private static Optional<IpAddress> address(String text, boolean v4) throws InvalidRequest {
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            var address = IpAddress.parse(text);
            if (address.isV4() == v4) {
                return Optional.of(address);
            }
        } catch (IllegalArgumentException _) {
            // told below
        }
        throw new InvalidRequest(v4 ? "ipv4 is no IPv4 address" : "ipv6 is no IPv6 address");
    }

    private static int port(String text) throws InvalidRequest {
        if (text.isEmpty()) {
            return DEFAULT_RELAY_PORT;
        }
        if (text.matches("\\d{1,5}")) {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 0xFFFF) {
                return port;
            }
        }
        throw new InvalidRequest("port must be 1 to 65535");
    }
}
