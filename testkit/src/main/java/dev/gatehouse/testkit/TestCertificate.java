package dev.gatehouse.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;

/// A server's certificate that nobody but itself vouches for.
///
/// @param store PKCS #12, with the key
/// @param pem the certificate alone
public record TestCertificate(Path store, Path pem) {
    public static final String PASSWORD = "changeit";

    private static final String ALIAS = "server";

    /// @param subject as the certificate names it: `dns:portal.invalid` or `ip:127.0.0.1`
    public static TestCertificate create(Path directory, String subject)
            throws IOException, InterruptedException, GeneralSecurityException {
        var made = new TestCertificate(directory.resolve("s.p12"), directory.resolve("s.pem"));
        made.makeStore(subject);
        made.writePem();
        return made;
    }

    private void makeStore(String subject) throws IOException, InterruptedException {
        var keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                ALIAS,
                                "-keyalg",
                                "EC",
                                "-dname",
                                "CN=server",
                                "-ext",
                                "san=" + subject,
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                store.toString(),
                                "-storepass",
                                PASSWORD)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        if (keytool.waitFor() != 0) {
            throw new IOException("keytool failed");
        }
    }

    private void writePem() throws IOException, GeneralSecurityException {
        var keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        var base64 =
                Base64.getMimeEncoder().encodeToString(keys.getCertificate(ALIAS).getEncoded());
        Files.writeString(
                pem, "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n");
    }
}
