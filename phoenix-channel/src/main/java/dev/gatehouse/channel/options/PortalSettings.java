package dev.gatehouse.channel.options;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.login.ApiUrl;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the settings by which a peer finds its portal: address, token, certificates to trust.
///
/// Each method takes the name of the setting for its messages, and never repeats a secret.
public final class PortalSettings {
    private static final Logger LOG = LoggerFactory.getLogger(PortalSettings.class);
    private static final int TOKEN_BYTES_MAX = 8192;
    private static final int PORT_MAX = 65_535;

    /// What a shell takes away, and a file of variables does not; at one end only if mistyped.
    private static final Pattern QUOTED = Pattern.compile("(?s)[\"'`].*|.*[\"'`]");

    /// Tokens hold no slash (base64url), and are longer than most paths that are typed.
    private static final int TYPED_PATH_LENGTH_MAX = 120;

    private static final Pattern UNEXPANDED =
            Pattern.compile("\\$([A-Z_][A-Z0-9_]*|\\{\\w+}|\\(.*\\))");
    private static final Pattern ASSIGNMENT =
            Pattern.compile("(?s)(export\\s+)?\\w*TOKEN\\s*[=:].*");
    private static final List<String> PATHS = List.of("/", "./", "../", "~");

    private PortalSettings() {}

    /// The address of a portal: `ws`, `wss`, `http` or `https`, with a host.
    public static URI api(String name, String text) throws ConfigurationMistake {
        try {
            var uri = new URI(text.strip());
            var scheme = uri.getScheme() == null ? "" : uri.getScheme();
            boolean hasPort = ApiUrl.port(uri) != 0 && ApiUrl.port(uri) <= PORT_MAX;
            if (scheme.matches("(?i)wss?|https?") && ApiUrl.host(uri).isPresent() && hasPort) {
                requireVerifiable(name, uri);
                return uri;
            }
        } catch (URISyntaxException _) {
            // told below
        }
        throw new ConfigurationMistake(
                "%s \"%s\" is no portal: write wss://host or ws://host:port".formatted(name, text));
    }

    private static void requireVerifiable(String name, URI uri) throws ConfigurationMistake {
        boolean isTls = uri.getScheme().matches("(?i)wss|https");
        if (isTls && ApiUrl.hasOddHost(uri)) {
            throw new ConfigurationMistake(
                    "%s \"%s\": no certificate can be for such a host: rename it, or write ws://"
                            .formatted(name, uri));
        }
    }

    /// A duration, see [HumanDuration].
    public static Duration duration(String name, String text) throws ConfigurationMistake {
        return HumanDuration.parse(text)
                .orElseThrow(
                        () ->
                                new ConfigurationMistake(
                                        "%s \"%s\" is no duration: write 90s, 30m or 24h"
                                                .formatted(name, text)));
    }

    /// The token itself, or the content of the file that is named instead (relay.md 1, client.md
    /// 2); empty if nothing is set. What begins with a slash is a file.
    public static Optional<Secret> token(String name, String text) throws ConfigurationMistake {
        var given = text.strip();
        if (given.isEmpty()) {
            return Optional.empty();
        }
        var path = path(given);
        if (path.isPresent()) {
            requireFile(name, path.get());
            warnOfReaders(name, path.get());
            return Optional.of(tokenIn(name, path.get()));
        }
        return Optional.of(checked(name, given));
    }

    /// The file that is named; empty if the text is the token itself.
    private static Optional<Path> path(String text) {
        try {
            var path = Path.of(text);
            return PATHS.stream().anyMatch(text::startsWith)
                            || text.indexOf('/') >= 0 && text.length() <= TYPED_PATH_LENGTH_MAX
                            || Files.exists(path)
                    ? Optional.of(path)
                    : Optional.empty();
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }

    /// The token in a file that must exist.
    public static Secret tokenIn(String name, Path file) throws ConfigurationMistake {
        requireFile(name, file);
        try {
            if (Files.size(file) > TOKEN_BYTES_MAX) {
                throw new ConfigurationMistake(
                        "%s: %s is too long for a token".formatted(name, file));
            }
            var text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            requirePlain(name, file, text);
            if (text.isBlank()) {
                throw new ConfigurationMistake(
                        "%s: %s is empty: put the token there".formatted(name, file));
            }
            return checked("%s: the token in %s".formatted(name, file), text.strip());
        } catch (IOException _) {
            throw new ConfigurationMistake(
                    "%s: cannot read %s: check owner and mode".formatted(name, file));
        }
    }

    /// A setting that names a file must name one.
    public static void requireFile(String name, Path file) throws ConfigurationMistake {
        if (file.toString().startsWith("~")) {
            throw new ConfigurationMistake(
                    "%s names %s, whose ~ only a shell replaces: write the whole path"
                            .formatted(name, file));
        }
        if (Files.isDirectory(file)) {
            throw new ConfigurationMistake(
                    "%s names %s, which is a folder: name the file in it".formatted(name, file));
        }
        if (Files.notExists(file)) {
            throw new ConfigurationMistake(
                    "%s names the file %s, which is missing".formatted(name, file));
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new ConfigurationMistake(
                    "%s names %s, which is no regular file".formatted(name, file));
        }
    }

    /// Editors of other systems put bytes before a text that nobody sees.
    private static void requirePlain(String name, Path file, String bytes)
            throws ConfigurationMistake {
        boolean isUtf16 = bytes.startsWith("\u00ff\u00fe") || bytes.startsWith("\u00fe\u00ff");
        if (isUtf16 || bytes.startsWith("\u00ef\u00bb\u00bf")) {
            throw new ConfigurationMistake(
                    "%s: %s begins with a byte order mark (%s): save it as plain text without one"
                            .formatted(name, file, isUtf16 ? "UTF-16" : "UTF-8"));
        }
    }

    /// It goes into a header and into a URL.
    private static Secret checked(String what, String token) throws ConfigurationMistake {
        if (QUOTED.matcher(token).matches()) {
            throw new ConfigurationMistake(what + " is in quotes: leave them out");
        }
        if (UNEXPANDED.matcher(token).matches()) {
            throw new ConfigurationMistake(
                    what + " is the name of a variable, which nothing has put a value for");
        }
        if (ASSIGNMENT.matcher(token).matches()) {
            throw new ConfigurationMistake(
                    what + " holds the name of a variable as well: leave only the token");
        }
        if (!token.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw new ConfigurationMistake(
                    what + " holds spaces or unprintable characters: copy it again");
        }
        return new Secret(token);
    }

    private static void warnOfReaders(String name, Path file) {
        try {
            if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
                LOG.warn("every user can read the token: chmod o-r {} ({})", file, name);
            }
        } catch (IOException | UnsupportedOperationException _) {
            // reading it will tell
        }
    }

    /// A file of PEM certificates; empty if none is set.
    public static Optional<Path> caFile(String name, String text) throws ConfigurationMistake {
        if (text.isBlank()) {
            return Optional.empty();
        }
        try {
            var file = Path.of(text.strip());
            requireFile(name, file);
            try (var in = Files.newInputStream(file)) {
                if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
                    throw new CertificateException("none");
                }
            }
            return Optional.of(file);
        } catch (IOException | InvalidPathException _) {
            throw new ConfigurationMistake(
                    "%s: cannot read %s: name a PEM file".formatted(name, text));
        } catch (CertificateException _) {
            throw new ConfigurationMistake("%s: %s holds no PEM certificate".formatted(name, text));
        }
    }
}
