package dev.gatehouse.channel.login;

import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Where a peer dials and what it says there, portal-channel.md 1.1 and 1.2. Never prints the
/// token.
public final class LoginUrl {
    private static final int DEFAULT_PORT = 443; // also for ws://

    /// One query parameter.
    public record Parameter(String name, String value) {
        private String encode() {
            return URLEncoder.encode(name, StandardCharsets.UTF_8)
                    + "="
                    + URLEncoder.encode(value, StandardCharsets.UTF_8);
        }
    }

    private final URI api;
    private final PeerRole role;
    private final ApiVersion version;
    private final Secret token;
    private final List<Parameter> parameters;

    private LoginUrl(
            URI api, PeerRole role, ApiVersion version, Secret token, List<Parameter> parameters) {
        this.api = api;
        this.role = role;
        this.version = version;
        this.token = new Secret(token.value().replaceAll("\\s", ""));
        this.parameters = parameters;
        requireUsable(api);
    }

    /// A gateway or a client.
    ///
    /// @param publicKey base64 of the WireGuard key in use
    public static LoginUrl tunnelPeer(
            URI api,
            PeerRole role,
            Secret token,
            String externalId,
            String name,
            String publicKey) {
        var parameters =
                List.of(
                        new Parameter("external_id", externalId),
                        new Parameter("name", name),
                        new Parameter("public_key", publicKey));
        return new LoginUrl(api, role, ApiVersion.V1, token, parameters);
    }

    /// @param ipv4 public address as text, as is `ipv6`; at least one is there
    public static LoginUrl relay(
            URI api,
            Secret token,
            Optional<String> name,
            Optional<String> ipv4,
            Optional<String> ipv6,
            int port) {
        var parameters =
                Stream.of(
                                name.map(value -> new Parameter("name", value)),
                                ipv4.map(value -> new Parameter("ipv4", value)),
                                ipv6.map(value -> new Parameter("ipv6", value)),
                                Optional.of(new Parameter("port", Integer.toString(port))))
                        .flatMap(Optional::stream)
                        .toList();
        return new LoginUrl(api, PeerRole.RELAY, ApiVersion.V1, token, parameters);
    }

    /// The same login with what the firmware calls the machine of a client; before the key, which
    /// is last.
    public LoginUrl withMachine(Optional<String> serial, Optional<String> uuid) {
        var all = new ArrayList<>(parameters);
        uuid.ifPresent(value -> all.add(all.size() - 1, new Parameter("device_uuid", value)));
        serial.ifPresent(
                value -> all.add(parameters.size() - 1, new Parameter("device_serial", value)));
        return new LoginUrl(api, role, version, token, List.copyOf(all));
    }

    /// The same login at the newer endpoint.
    public LoginUrl withVersion(ApiVersion other) {
        return new LoginUrl(api, role, other, token, parameters);
    }

    private static void requireUsable(URI api) {
        if (!List.of("ws", "http", "wss", "https").contains(scheme(api))) {
            throw new IllegalArgumentException("the API URL must begin with wss:// or ws://");
        }
        if (ApiUrl.host(api).isEmpty()) {
            throw new IllegalArgumentException("the API URL names no host");
        }
    }

    private static String scheme(URI api) {
        return api.getScheme() == null ? "" : api.getScheme().toLowerCase(Locale.ROOT);
    }

    public boolean isTls() {
        return scheme(api).equals("wss") || scheme(api).equals("https");
    }

    /// The host alone, as the `Host` header carries it; IPv6 in brackets.
    public String hostHeader() {
        return ApiUrl.host(api).orElseThrow();
    }

    /// The host to resolve; an IPv6 literal without brackets.
    public String host() {
        var host = hostHeader();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    public int port() {
        int port = ApiUrl.port(api);
        return port == -1 ? DEFAULT_PORT : port;
    }

    public ApiVersion version() {
        return version;
    }

    public String authorization() {
        return "Bearer " + token.value();
    }

    /// Path and query. The token is there too, first, on the older endpoint: old portals read no
    /// header.
    public String requestTarget() {
        var path = api.getRawPath() == null ? "" : api.getRawPath();
        var base = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        var tokens =
                version == ApiVersion.V1
                        ? Stream.of(new Parameter("token", token.value()))
                        : Stream.<Parameter>empty();
        var query =
                Stream.concat(tokens, parameters.stream())
                        .map(Parameter::encode)
                        .collect(Collectors.joining("&"));
        return base + role.path(version) + "?" + query;
    }

    @Override
    public String toString() {
        return "LoginUrl[%s://%s%s]".formatted(scheme(api), hostHeader(), role.path(version));
    }
}
