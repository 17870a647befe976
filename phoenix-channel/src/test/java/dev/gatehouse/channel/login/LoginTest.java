package dev.gatehouse.channel.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gatehouse.channel.ApiVersion;
import dev.gatehouse.channel.PeerRole;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.frame.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LoginTest {
    record Upgrade(
            String era, String role, String path, Map<String, String> query, JsonNode headers) {}

    static Stream<Upgrade> upgrades() throws IOException {
        var stream = LoginTest.class.getResourceAsStream("/vectors/recorded/upgrades.json");
        try (stream) {
            return Stream.of(Json.MAPPER.readValue(stream, Upgrade[].class));
        }
    }

    @ParameterizedTest
    @MethodSource("upgrades")
    void asksForWhatRealPeersAskFor(Upgrade upgrade) {
        var version = upgrade.query().containsKey("token") ? ApiVersion.V1 : ApiVersion.V2;
        var login = login(upgrade).withVersion(version);
        var target = URI.create("ws://10.99.0.2" + login.requestTarget());

        assertThat(target.getPath()).isEqualTo(upgrade.path());
        assertThat(query(target.getRawQuery()).entrySet())
                .containsExactlyElementsOf(upgrade.query().entrySet());
        assertThat(login.hostHeader()).isEqualTo(upgrade.headers().path("Host").asText());
        if (upgrade.headers().has("x-authorization")) {
            assertThat(login.authorization())
                    .isEqualTo(upgrade.headers().path("x-authorization").asText());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ws://portal.example, portal.example, 443, false, /gateway/websocket",
        "wss://portal.example:8443/, portal.example, 8443, true, /gateway/websocket",
        "https://portal.example/a/b/, portal.example, 443, true, /a/b/gateway/websocket",
        "ws://my_portal:8083, my_portal, 8083, false, /gateway/websocket",
        "http://[::1]:8083?x=y, [::1], 8083, false, /gateway/websocket"
    })
    void readsApiUrls(String api, String host, int port, boolean tls, String path) {
        var login = gateway(api);

        assertThat(login.hostHeader()).isEqualTo(host);
        assertThat(login.port()).isEqualTo(port);
        assertThat(login.isTls()).isEqualTo(tls);
        assertThat(login.requestTarget()).startsWith(path + "?token=.t&external_id=");
    }

    @Test
    void refusesOtherSchemes() {
        assertThatIllegalArgumentException().isThrownBy(() -> gateway("ftp://portal.example"));
    }

    @Test
    void encodesAsAFormDoesAndPrintsNoToken() {
        var login =
                LoginUrl.tunnelPeer(
                        URI.create("wss://p.example"),
                        PeerRole.GATEWAY,
                        new Secret(" .a+b/c=\n"),
                        "id",
                        "edge 1",
                        "ICEi+/8=");

        assertThat(login.requestTarget())
                .isEqualTo(
                        "/gateway/websocket?token=.a%2Bb%2Fc%3D&external_id=id&name=edge+1"
                                + "&public_key=ICEi%2B%2F8%3D");
        assertThat(login.toString()).doesNotContain("a+b").doesNotContain("%2B");
    }

    @Test
    void aMachineIsNamedBeforeTheKey() {
        var login = gateway("wss://p.example");

        assertThat(login.withMachine(Optional.of("7X"), Optional.of("4c-5")).requestTarget())
                .endsWith("&name=name&device_serial=7X&device_uuid=4c-5&public_key=key");
        assertThat(login.withMachine(Optional.empty(), Optional.empty()).requestTarget())
                .isEqualTo(login.requestTarget());
    }

    @ParameterizedTest
    @CsvSource({
        "2f1d6c0e-9f1b-4a7e-8d0c-5b6a7c8d9e0f,"
                + " b14849a197c88ad8041905a45a2934ef8036133c0be92e639cbfc9d478e7fca4",
        "edge-1, edge-1"
    })
    void hashesDeviceIdsThatAreUuids(String configured, String sent) {
        assertThat(DeviceId.externalId(configured)).isEqualTo(sent);
    }

    @ParameterizedTest
    @CsvSource({
        "2F1D6C0E-9F1B-4A7E-8D0C-5B6A7C8D9E0F",
        "2f1d6c0e9f1b4a7e8d0c5b6a7c8d9e0f",
        "{2f1d6c0e-9f1b-4a7e-8d0c-5b6a7c8d9e0f}",
        "urn:uuid:2f1d6c0e-9f1b-4a7e-8d0c-5b6a7c8d9e0f"
    })
    void knowsEveryNotationOfAUuid(String configured) {
        assertThat(DeviceId.externalId(configured)).hasSize(64).isNotEqualTo(configured);
    }

    @Test
    void aMachineHasItsOwnIdPerProgram() {
        var machineId = "0123456789abcdef0123456789abcdef\n";

        assertThat(DeviceId.ofMachine(PeerRole.GATEWAY, machineId))
                .contains("eeefe5d1cb3807dfc3ae24794878ec3147027390d839d1d718d8e42bcfde3336");
        assertThat(DeviceId.ofMachine(PeerRole.CLIENT, machineId))
                .isPresent()
                .isNotEqualTo(DeviceId.ofMachine(PeerRole.GATEWAY, machineId));
        assertThat(DeviceId.ofMachine(PeerRole.GATEWAY, "uninitialized\n")).isEmpty();
        assertThat(DeviceId.ofMachine(PeerRole.GATEWAY, "")).isEmpty();
    }

    @Test
    void storedDeviceIdsAreReadBack() {
        assertThat(DeviceId.ofFileText(DeviceId.toFileText("abc"))).contains("abc");
        assertThat(DeviceId.ofFileText("abc")).isEmpty();
    }

    @Test
    void userAgentNamesSystemAndProgram() {
        var osRelease = "PRETTY_NAME=\"x\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\n";

        assertThat(UserAgent.of(PeerRole.GATEWAY, osRelease, "amd64", "6.1.0-13-amd64"))
                .isEqualTo("Debian/12.0.0 gateway/1.5.2 (x86_64; 6.1.0-13-amd64)");
        assertThat(UserAgent.of(PeerRole.RELAY, "", "aarch64", "6.1"))
                .isEqualTo("Linux/Unknown relay/0.1.0 (aarch64; 6.1)");
    }

    private static LoginUrl gateway(String api) {
        return LoginUrl.tunnelPeer(
                URI.create(api), PeerRole.GATEWAY, new Secret(".t"), "id", "name", "key");
    }

    private static LoginUrl login(Upgrade upgrade) {
        var api = URI.create("ws://10.99.0.2");
        var query = upgrade.query();
        var token = new Secret("." + upgrade.role());
        return switch (upgrade.role()) {
            case "relay" ->
                    LoginUrl.relay(
                            api,
                            token,
                            Optional.ofNullable(query.get("name")),
                            Optional.ofNullable(query.get("ipv4")),
                            Optional.ofNullable(query.get("ipv6")),
                            Integer.parseInt(query.get("port")));
            case "gateway" -> tunnelPeer(api, PeerRole.GATEWAY, token, query);
            default -> tunnelPeer(api, PeerRole.CLIENT, token, query);
        };
    }

    private static LoginUrl tunnelPeer(
            URI api, PeerRole role, Secret token, Map<String, String> query) {
        return LoginUrl.tunnelPeer(
                api,
                role,
                token,
                query.get("external_id"),
                query.get("name"),
                query.get("public_key"));
    }

    private static Map<String, String> query(String raw) {
        var all = new LinkedHashMap<String, String>();
        for (var pair : raw.split("&")) {
            var parts = pair.split("=", 2);
            all.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return all;
    }
}
