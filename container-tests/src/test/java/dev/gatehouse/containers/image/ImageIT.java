package dev.gatehouse.containers.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.exception.NotFoundException;
import dev.gatehouse.containers.engine.Engine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What an image is made of.
class ImageIT {
    private static final long SIZE_MAX = 164L << 20; // bytes, on the base that debootstrap makes
    private static final long SLIM_SIZE_MAX = 120L << 20; // the same on a slim public base
    private static final long SLIM_BASE = 20L << 20; // distroless, with libssl
    private static final long JDK_ARCHIVE = 15L << 20; // instead of ours, without FAST
    private static final String JAVA = "/opt/gatehouse/jre/bin/java";
    private static final int CAP_NET_ADMIN = 1 << 12;

    @BeforeAll
    static void prepare() throws Exception {
        Engine.prepare();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gateway-dataplane",
                "gateway-controlplane",
                "gateway",
                "relay",
                "client",
                "portal"
            })
    void isSmallUnprivilegedAndSaysWhatItIs(String target) throws Exception {
        var image = Engine.client().inspectImageCmd(Engine.image(target)).exec();
        var config = image.getConfig();

        assertThat(image.getSize()).isLessThanOrEqualTo(SIZE_MAX);
        long own = image.getSize() - archiveSize(target) - baseSize();
        assertThat(own + JDK_ARCHIVE + SLIM_BASE).isLessThanOrEqualTo(SLIM_SIZE_MAX);
        assertThat(config.getUser()).isEqualTo("65532:65532");
        assertThat(config.getHealthcheck().getTest())
                .startsWith("CMD", JAVA)
                .doesNotContain("CMD-SHELL");
        assertThat(config.getEntrypoint()[0]).startsWith(JAVA);
        assertThat(config.getLabels())
                .containsEntry("org.opencontainers.image.title", "gatehouse " + target)
                .containsEntry("org.opencontainers.image.licenses", "Apache-2.0")
                .containsKeys(
                        "org.opencontainers.image.description",
                        "org.opencontainers.image.vendor",
                        "org.opencontainers.image.version",
                        "org.opencontainers.image.revision");
        assertThat(stopSignal(target)).isEqualTo("SIGTERM");
    }

    @Test
    void onlyTheJavaOfProcessesWithATunDeviceCarriesACapability() throws Exception {
        assertThat(capabilities("gateway-dataplane", JAVA)).hasValue(CAP_NET_ADMIN);
        assertThat(capabilities("client", JAVA)).hasValue(CAP_NET_ADMIN);
        assertThat(capabilities("gateway", JAVA + "-net-admin")).hasValue(CAP_NET_ADMIN);
        for (String target : new String[] {"gateway", "gateway-controlplane", "relay", "portal"}) {
            assertThat(capabilities(target, JAVA)).as(target).isEmpty();
        }
    }

    @Test
    void carriesTheListOfItsPartsAndNoShell() throws Exception {
        assertThat(text("relay", "/opt/gatehouse/sbom.json")).contains("CycloneDX", "vertx-core");
        assertThatThrownBy(() -> text("relay", "/bin/sh")).isInstanceOf(NotFoundException.class);
        assertThatThrownBy(() -> text("gateway", "/bin/sh")).isInstanceOf(NotFoundException.class);
    }

    private static long baseSize() {
        return Engine.client().inspectImageCmd("gatehouse/base").exec().getSize();
    }

    private static long archiveSize(String target) throws IOException {
        long[] size = new long[1];
        read(target, "/opt/gatehouse/classes.jsa", (entry, _) -> size[0] = entry.getSize());
        return size[0];
    }

    @SuppressWarnings("unchecked")
    private static String stopSignal(String target) {
        var raw = Engine.client().inspectImageCmd(Engine.image(target)).exec().getRawValues();
        return ((Map<String, Object>) raw.get("Config")).get("StopSignal").toString();
    }

    /// The permitted set of a file's capabilities (capabilities(7), `vfs_cap_data`), if it has any.
    private static OptionalInt capabilities(String target, String path) throws IOException {
        var found = new OptionalInt[] {OptionalInt.empty()};
        read(
                target,
                path,
                (entry, _) -> {
                    var attribute = entry.getExtraPaxHeader("SCHILY.xattr.security.capability");
                    if (attribute != null) {
                        var bytes = attribute.getBytes(StandardCharsets.ISO_8859_1);
                        found[0] =
                                OptionalInt.of(
                                        ByteBuffer.wrap(bytes)
                                                .order(ByteOrder.LITTLE_ENDIAN)
                                                .getInt(4));
                    }
                });
        return found[0];
    }

    private static String text(String target, String path) throws IOException {
        var text = new StringBuilder();
        read(
                target,
                path,
                (_, in) -> text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
        return text.toString();
    }

    @FunctionalInterface
    private interface Reader {
        void read(TarArchiveEntry entry, TarArchiveInputStream in) throws IOException;
    }

    /// Hands over one file of an image, with its attributes.
    private static void read(String target, String path, Reader reader) throws IOException {
        var docker = Engine.client();
        var container =
                docker.createContainerCmd(Engine.image(target))
                        .withLabels(Map.of(Engine.LABEL, "1"))
                        .exec()
                        .getId();
        try (var tar =
                new TarArchiveInputStream(
                        docker.copyArchiveFromContainerCmd(container, path).exec())) {
            reader.read(tar.getNextEntry(), tar);
        } finally {
            docker.removeContainerCmd(container).withForce(true).withRemoveVolumes(true).exec();
        }
    }
}
