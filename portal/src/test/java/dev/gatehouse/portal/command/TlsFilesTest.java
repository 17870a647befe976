package dev.gatehouse.portal.command;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.testkit.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
    @TempDir private Path folder;
    private TestCertificate certificate;

    @BeforeEach
    void make() throws Exception {
        certificate = TestCertificate.create(folder, "dns:portal.invalid");
    }

    private Path file(String name, String begin, PrivateKey key) throws Exception {
        var base64 = Base64.getMimeEncoder().encodeToString(key.getEncoded());
        var text = "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(begin, base64, begin);
        return Files.writeString(folder.resolve(name), text);
    }

    private Path ownKey() throws Exception {
        var password = TestCertificate.PASSWORD.toCharArray();
        var store = KeyStore.getInstance(certificate.store().toFile(), password);
        return file("own.pem", "PRIVATE KEY", (PrivateKey) store.getKey("server", password));
    }

    private Path otherKey(String algorithm) throws Exception {
        var key = KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
        return file("other.pem", "PRIVATE KEY", key);
    }

    @Test
    void aPairIsTaken() throws Exception {
        var key = ownKey();

        assertThatCode(() -> TlsFiles.requirePair(certificate.pem(), key))
                .doesNotThrowAnyException();
    }

    @Test
    void keysOfOtherCertificatesAreNot() throws Exception {
        for (var algorithm : new String[] {"EC", "RSA", "Ed25519"}) {
            var key = otherKey(algorithm);

            assertThatThrownBy(() -> TlsFiles.requirePair(certificate.pem(), key))
                    .isInstanceOf(UsageMistake.class)
                    .hasMessageContainingAll(
                            "--tls-key",
                            key.toString(),
                            "not that of the first certificate",
                            certificate.pem().toString());
        }
    }

    @Test
    void whatIsNoPemIsNamed() throws Exception {
        var key = ownKey();
        var nothing = Files.writeString(folder.resolve("nothing"), "nothing\n");
        var locked =
                Files.writeString(folder.resolve("l"), "-----BEGIN ENCRYPTED PRIVATE KEY-----");

        assertThatThrownBy(() -> TlsFiles.requirePair(nothing, key))
                .hasMessageContaining("--tls-cert: " + nothing + " holds no PEM certificate");
        assertThatThrownBy(() -> TlsFiles.requirePair(key, certificate.pem())) // swapped
                .hasMessageContaining("holds no PEM certificate");
        assertThatThrownBy(() -> TlsFiles.requirePair(certificate.pem(), nothing))
                .hasMessageContaining("--tls-key: " + nothing + " holds no PEM private key");
        assertThatThrownBy(() -> TlsFiles.requirePair(certificate.pem(), locked))
                .hasMessageContaining("is encrypted");
    }
}
