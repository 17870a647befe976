package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A gateway beside a client on one host.
class ResolverConfigurationTest {
    private static final String CLIENTS =
            """
            nameserver 100.100.111.1
            nameserver fd00:2021:1111:8000:100:100:111:1
            search corp.example
            """;

    @TempDir private Path folder;

    @Test
    void clientOnTheSameHostIsNotAsked() throws Exception {
        Files.writeString(folder.resolve("resolv.conf"), CLIENTS);
        Files.writeString(
                folder.resolve("resolv.conf.before-firezone"),
                """
                nameserver 192.0.2.53
                search lan.example
                """);

        var read = ResolverConfiguration.read(folder.resolve("resolv.conf"));

        assertThat(read.servers())
                .singleElement()
                .satisfies(s -> assertThat(s.getHostString()).isEqualTo("192.0.2.53"));
        assertThat(read.search()).containsExactly("lan.example");
    }

    /// Comments may be in any encoding, and no file is endless.
    @Test
    void anyFileIsReadInPart() throws Exception {
        var file = folder.resolve("resolv.conf");
        var text = "# k\u00f6ln\nnameserver 192.0.2.1\n" + "nameserver 192.0.2.2\n".repeat(1 << 20);
        Files.writeString(file, text, StandardCharsets.ISO_8859_1);

        var read = ResolverConfiguration.read(file);

        assertThat(read.servers()).hasSize(ResolverConfiguration.SERVERS_MAX);
        assertThat(read.servers().getFirst().getHostString()).isEqualTo("192.0.2.1");
    }

    @Test
    void serversBesideTheClientStay() throws Exception {
        Files.writeString(
                folder.resolve("resolv.conf"), CLIENTS + "nameserver 192.0.2.54\noptions rotate\n");

        var read = ResolverConfiguration.read(folder.resolve("resolv.conf"));

        assertThat(read.servers())
                .singleElement()
                .satisfies(s -> assertThat(s.getHostString()).isEqualTo("192.0.2.54"));
        assertThat(read.rotate()).isTrue();
    }

    @Test
    void whatIsLeftOverFromAClientIsNotReadWithoutOne() throws Exception {
        Files.writeString(folder.resolve("resolv.conf"), "nameserver 192.0.2.1\n");
        Files.writeString(folder.resolve("resolv.conf.before-firezone"), "nameserver 192.0.2.53\n");

        assertThat(ResolverConfiguration.read(folder.resolve("resolv.conf")).servers())
                .singleElement()
                .satisfies(s -> assertThat(s.getHostString()).isEqualTo("192.0.2.1"));
    }
}
