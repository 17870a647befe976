package dev.gatehouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.launcher.Gatehouse;
import dev.gatehouse.testkit.manifests.Manifests;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The portal's own checker reads the files that overlays bring.
class PortalFileTest {
    @TempDir private Path temporary;

    @ParameterizedTest
    @ValueSource(strings = {"demo", "production"})
    void thePortalAcceptsItsFile(String overlay) throws IOException {
        var file = Files.writeString(temporary.resolve("portal.yaml"), portalFile(overlay));

        int code = Gatehouse.commandLine().execute("portal", "check", file.toString());

        assertThat(code).isZero();
    }

    @Test
    void theDemoKnowsItsTokens() throws NoSuchAlgorithmException {
        var file = portalFile("demo");
        var secrets = Manifests.of("demo").all(Secret.class);

        assertThat(secrets).hasSize(3);
        for (Secret secret : secrets) {
            var token = Base64.getMimeDecoder().decode(secret.getData().get("token"));
            var text = new String(token, StandardCharsets.UTF_8).strip();
            var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes());
            assertThat(file)
                    .as(secret.getMetadata().getName())
                    .contains("sha256:" + HexFormat.of().formatHex(digest));
        }
    }

    private static String portalFile(String overlay) {
        var map = Manifests.of(overlay).named(ConfigMap.class, "gatehouse-portal");
        return map.getData().get("portal.yaml");
    }
}
