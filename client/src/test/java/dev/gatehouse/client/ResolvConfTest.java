package dev.gatehouse.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolvConfTest {
    private static final String ORIGINAL =
            "# mine\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch home\noptions edns0\n";
    private static final List<IpAddress> SENTINELS = List.of(IpAddress.parse("100.100.111.1"));

    @TempDir private Path directory;
    private Path file;
    private ResolvConf conf;

    @BeforeEach
    void write() throws IOException {
        file = directory.resolve("resolv.conf");
        Files.writeString(file, ORIGINAL);
        conf = new ResolvConf(file);
    }

    @Test
    void namesTheSentinelsKeepsTheOptionsAndRestoresTheFile() throws IOException {
        conf.set(SENTINELS, Optional.of("corp.test"));

        assertThat(Files.readString(file))
                .startsWith("# BEGIN Firezone DNS configuration\n")
                .contains("nameserver 100.100.111.1\nsearch corp.test\noptions edns0\n")
                .doesNotContain("192.0.2.1");
        assertThat(conf.systemServers()).containsExactly(IpAddress.parse("192.0.2.1"));
        conf.revert();
        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void wordsMayBeSeparatedByTabs() throws IOException {
        Files.writeString(file, "nameserver\t192.0.2.7  \noptions\tedns0\n");

        assertThat(conf.systemServers()).containsExactly(IpAddress.parse("192.0.2.7"));
        conf.set(SENTINELS, Optional.empty());
        assertThat(Files.readString(file)).contains("edns0");
    }

    @Test
    void theFileIsRewrittenInPlace() throws IOException {
        var before = Files.getAttribute(file, "unix:ino");
        conf.set(SENTINELS, Optional.empty());
        conf.revert();

        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
    }

    @Test
    void withoutSentinelsNothingChanges() throws IOException {
        conf.set(List.of(), Optional.empty());

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void afterACrashTheBackupIsStillTheOriginal() throws IOException {
        conf.set(SENTINELS, Optional.empty());
        conf.set(List.of(IpAddress.parse("100.100.111.2")), Optional.empty());

        conf.revert();

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void editsOfOthersAfterACrashStay() throws IOException {
        conf.set(SENTINELS, Optional.empty());
        Files.writeString(file, "nameserver 192.0.2.2\n");

        conf.revert();

        assertThat(Files.readString(file)).isEqualTo("nameserver 192.0.2.2\n");
    }

    @Test
    void aLinkIsRefused() throws IOException {
        var link = directory.resolve("link.conf");
        Files.createSymbolicLink(link, file);

        assertThatThrownBy(() -> new ResolvConf(link).set(SENTINELS, Optional.empty()))
                .isInstanceOf(IOException.class);
    }
}
