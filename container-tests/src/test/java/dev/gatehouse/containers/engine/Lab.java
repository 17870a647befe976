package dev.gatehouse.containers.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// Containers that are not of our images: the lab's programs, and who stands in for an image of
/// others.
public final class Lab {
    public static final String IMAGE = "gatehouse/build-base";

    private static final String BUSYBOX = "gatehouse/test-busybox";

    private Lab() {}

    /// A container with a JDK of the host, and these tests at `/lab`.
    public static Box box(String... command) {
        return new Box(IMAGE)
                .bind(System.getProperty("java.home"), "/jdk", false)
                .bind(
                        Engine.root().resolve("container-tests/target/test-classes").toString(),
                        "/lab",
                        false)
                .withEnv("PATH", "/jdk/bin:/usr/sbin:/usr/bin")
                .withCommand(command);
    }

    /// Makes what runs where a manifest says `busybox`, whose image nobody can pull here.
    ///
    /// Its `wget` tries the first address of a name and no other.
    public static String busybox(Path folder) throws IOException {
        var context = Files.createDirectories(folder.resolve("busybox"));
        Files.writeString(
                context.resolve("Dockerfile"),
                """
                FROM %s
                RUN busybox --install -s /usr/local/bin
                """
                        .formatted(IMAGE));
        try (var built =
                Engine.client()
                        .buildImageCmd(context.resolve("Dockerfile").toFile())
                        .withTags(Set.of(BUSYBOX))
                        .start()) {
            built.awaitImageId();
        }
        return BUSYBOX;
    }
}
