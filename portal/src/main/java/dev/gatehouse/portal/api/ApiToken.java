package dev.gatehouse.portal.api;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/// The API's bearer token: given, or kept in `api-token` of the data directory, mode 0600.
public final class ApiToken {
    static final String FILE_NAME = "api-token";
    private static final int TOKEN_LENGTH = 32;

    private final Path file;
    private final Optional<String> given;

    public ApiToken(Path dataDirectory, Optional<String> given) {
        this.file = dataDirectory.resolve(FILE_NAME);
        this.given = given;
    }

    public String value() throws IOException {
        if (given.isPresent()) {
            return given.get();
        }
        if (Files.notExists(file)) {
            create();
        }
        return Files.readString(file).strip();
    }

    private void create() throws IOException {
        var bytes = new byte[TOKEN_LENGTH];
        new SecureRandom().nextBytes(bytes);
        var mode = PosixFilePermissions.fromString("rw-------");
        Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
        Files.writeString(file, HexFormat.of().formatHex(bytes) + "\n");
    }
}
