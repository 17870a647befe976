package dev.gatehouse.portal.command;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/// Checks certificate and key before anything listens: with a pair that does not belong together
/// every peer would fail its handshake, and none could say why.
public final class TlsFiles {
    private static final Pattern ANY_KEY = Pattern.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----");
    private static final Pattern PKCS8 =
            Pattern.compile("(?s)-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----");
    private static final byte[] SAMPLE = "sample".getBytes(StandardCharsets.US_ASCII);

    private TlsFiles() {}

    public static void requirePair(Path certificate, Path key) throws UsageMistake {
        var publicKey = publicKey(certificate);
        var text = text("--tls-key", key);
        if (!ANY_KEY.matcher(text).find()) {
            throw new UsageMistake(
                    "--tls-key: %s holds no PEM private key; give the one of --tls-cert"
                            .formatted(key));
        }
        if (text.contains("ENCRYPTED")) {
            throw new UsageMistake(
                    "--tls-key: %s is encrypted; give one without a passphrase".formatted(key));
        }
        boolean isPair;
        try {
            var privateKey = privateKey(text, publicKey.getAlgorithm());
            isPair = privateKey.isEmpty() || belongTogether(publicKey, privateKey.get());
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            isPair = false; // of another kind, for one
        }
        if (!isPair) {
            throw new UsageMistake(
                    "--tls-key: the key in %s is not that of the first certificate in %s; give both"
                                    .formatted(key, certificate)
                            + " of one pair");
        }
    }

    private static PublicKey publicKey(Path file) throws UsageMistake {
        var text = text("--tls-cert", file).getBytes(StandardCharsets.ISO_8859_1);
        try {
            var all =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(text));
            if (all.isEmpty()) {
                throw new CertificateException("none");
            }
            return all.iterator().next().getPublicKey();
        } catch (CertificateException _) {
            throw new UsageMistake(
                    "--tls-cert: %s holds no PEM certificate; give the chain, the portal's first"
                            .formatted(file));
        }
    }

    private static String text(String option, Path file) throws UsageMistake {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException _) {
            throw new UsageMistake(
                    "%s: cannot read %s; check owner and mode".formatted(option, file));
        }
    }

    /// Empty for older forms of PEM, which are left to whoever uses the key.
    private static Optional<PrivateKey> privateKey(String pem, String algorithm)
            throws GeneralSecurityException {
        var found = PKCS8.matcher(pem);
        if (!found.find()) {
            return Optional.empty();
        }
        byte[] bytes = Base64.getMimeDecoder().decode(found.group(1));
        var spec = new PKCS8EncodedKeySpec(bytes);
        return Optional.of(KeyFactory.getInstance(algorithm).generatePrivate(spec));
    }

    private static boolean belongTogether(PublicKey publicKey, PrivateKey privateKey)
            throws GeneralSecurityException {
        var algorithm =
                switch (publicKey.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    case String other -> other; // EdDSA
                };
        var signature = Signature.getInstance(algorithm);
        signature.initSign(privateKey);
        signature.update(SAMPLE);
        byte[] signed = signature.sign();
        signature.initVerify(publicKey);
        signature.update(SAMPLE);
        return signature.verify(signed);
    }
}
