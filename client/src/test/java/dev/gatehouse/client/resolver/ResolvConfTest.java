package dev.gatehouse.client.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResolvConfTest {
    private static final String ORIGINAL =
            "# mine\nnameserver 192.0.2.1\nnameserver fe80::1%eth0\nsearch home\noptions edns0\n";
    private static final List<IpAddress> SENTINELS = List.of(IpAddress.parse("100.100.111.1"));

    private static final DnsWish WISH = new DnsWish(SENTINELS, Optional.empty());
    private static final DnsWish OTHER_WISH =
            new DnsWish(List.of(IpAddress.parse("100.100.111.2")), Optional.empty());
    private static final String POD =
            """
            search default.svc.cluster.local svc.cluster.local cluster.local ec2.internal
            nameserver 10.96.0.10
            options ndots:5 timeout:2
            """;

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
        conf.set(new DnsWish(SENTINELS, Optional.of("corp.test")));

        assertThat(Files.readString(file))
                .startsWith("# BEGIN Firezone DNS configuration\n")
                .contains(
                        "nameserver 100.100.111.1\nsearch corp.test home\noptions ndots:1 edns0\n")
                .doesNotContain("\nnameserver 192.0.2.1");
        assertThat(conf.observe().servers()).containsExactly(IpAddress.parse("192.0.2.1"));
        conf.revert();
        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void wordsMayBeSeparatedByTabs() throws IOException {
        Files.writeString(file, "nameserver\t192.0.2.7  \noptions\tedns0\n");

        assertThat(conf.observe().servers()).containsExactly(IpAddress.parse("192.0.2.7"));
        conf.set(WISH);
        assertThat(Files.readString(file)).contains("edns0");
    }

    @Test
    void theFileIsRewrittenInPlace() throws IOException {
        var before = Files.getAttribute(file, "unix:ino");
        conf.set(WISH);
        conf.revert();

        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
    }

    @Test
    void withoutSentinelsNothingChanges() throws IOException {
        conf.set(new DnsWish(List.of(), Optional.empty()));

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void afterACrashTheBackupIsStillTheOriginal() throws IOException {
        conf.set(WISH);
        conf.set(OTHER_WISH);

        conf.revert();

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void editsOfOthersAfterACrashStay() throws IOException {
        conf.set(WISH);
        Files.writeString(file, "nameserver 192.0.2.2\n");

        conf.revert();

        assertThat(Files.readString(file)).isEqualTo("nameserver 192.0.2.2\n");
    }

    @Test
    void aLinkIsRefused() throws IOException {
        var link = directory.resolve("link.conf");
        Files.createSymbolicLink(link, file);

        assertThatThrownBy(() -> new ResolvConf(link).set(WISH)).isInstanceOf(IOException.class);
    }

    @Test
    void aPodsOwnNamesGoOnWorkingAndOthersAreAskedForAsTheyAre() throws IOException {
        Files.writeString(file, POD);

        conf.set(new DnsWish(SENTINELS, Optional.of("corp.example")));

        assertThat(Files.readString(file).lines().filter(line -> !line.startsWith("#")))
                .containsExactly(
                        "nameserver 100.100.111.1",
                        "search default.svc.cluster.local svc.cluster.local cluster.local"
                                + " corp.example ec2.internal",
                        "options ndots:1 timeout:2");
        conf.revert();
        assertThat(Files.readString(file)).isEqualTo(POD);
    }

    @Test
    void theSearchListStaysAsShortAsEveryResolverTakesIt() throws IOException {
        var many = "search " + "a-long-domain.of.a-network.example ".repeat(2) + longNames();
        Files.writeString(file, "domain first.example\n" + many + "\nsortlist 10.0.0.0\n");

        conf.set(new DnsWish(SENTINELS, Optional.of("corp.example")));

        var search =
                Files.readString(file)
                        .lines()
                        .filter(line -> line.startsWith("search "))
                        .findFirst()
                        .orElseThrow();
        assertThat(search)
                .startsWith("search corp.example a-long-domain.of.a-network.example n0.")
                .hasSizeLessThan(256 + "search ".length())
                .doesNotContain("first.example");
        assertThat(Files.readString(file)).contains("\nsortlist 10.0.0.0\n");
    }

    private static String longNames() {
        return IntStream.range(0, 20)
                .mapToObj(i -> "n" + i + ".example.of.many.names")
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "nameserver 192.0.2.1", "# \u00e9\nnameserver 192.0.2.1\n\n"})
    void theOriginalIsPutBackByteForByteEvenWithoutACopyBesideIt(String text) throws IOException {
        byte[] original = text.getBytes(StandardCharsets.ISO_8859_1);
        Files.write(file, original);
        conf.set(WISH);
        Files.delete(backup());

        new ResolvConf(file).revert();

        assertThat(Files.readAllBytes(file)).isEqualTo(original);
    }

    private Path backup() {
        return directory.resolve("resolv.conf.before-firezone");
    }

    /// As other makes of this client leave it.
    @Test
    void withoutTheOriginalInsideTheCopyBesideItIsPutBack() throws IOException {
        Files.writeString(file, ResolverFile.HEADER + "\nnameserver 100.100.111.1\n");
        Files.writeString(backup(), ORIGINAL);

        assertThat(conf.observe().servers()).containsExactly(IpAddress.parse("192.0.2.1"));
        conf.revert();

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void whatOthersWriteBecomesTheOriginal() throws IOException {
        conf.set(WISH);
        assertThat(conf.observe().isKept()).isTrue();
        Files.writeString(file, "nameserver 192.0.2.2\nnameserver 100.100.111.1\n");

        var seen = conf.observe();
        conf.set(WISH);

        assertThat(seen.isKept()).isFalse();
        assertThat(seen.servers()).containsExactly(IpAddress.parse("192.0.2.2"));
        assertThat(conf.observe().isKept()).isTrue();
        assertThat(Files.readString(file)).startsWith(ResolverFile.HEADER);
        conf.revert();
        assertThat(Files.readString(file)).isEqualTo("nameserver 192.0.2.2\n");
    }

    @Test
    void aFileThatNamesNoServerIsNotTakenOver() throws IOException {
        for (var text : List.of("", "nameserver 100.100.111.1\n", "search x\n")) {
            Files.writeString(file, ORIGINAL);
            conf.set(WISH);
            Files.writeString(file, text);
            assertThat(conf.observe().servers()).containsExactly(IpAddress.parse("192.0.2.1"));
            conf.set(WISH);
            conf.revert();

            assertThat(Files.readString(file)).as(text).isEqualTo(ORIGINAL);
        }
    }

    @Test
    void aFileThatIsRemovedComesBack() throws IOException {
        conf.set(WISH);
        Files.delete(file);

        assertThat(conf.observe().isKept()).isFalse();
        conf.set(WISH);

        assertThat(conf.observe().isKept()).isTrue();
        assertThat(Files.getPosixFilePermissions(file)).contains(PosixFilePermission.OTHERS_READ);
    }

    @Test
    void whenNoSentinelIsLeftTheOriginalIsBack() throws IOException {
        conf.set(WISH);
        conf.set(new DnsWish(List.of(), Optional.empty()));

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
        assertThat(conf.observe().isKept()).isTrue();
    }

    @Test
    void whatCannotBeOursIsNamed() throws IOException {
        var link = directory.resolve("link.conf");
        Files.createSymbolicLink(link, file);

        assertThat(conf.obstacle()).isEmpty();
        assertThat(new ResolvConf(link).obstacle().orElseThrow()).contains("link to " + file);
        assertThat(new ResolvConf(directory.resolve("none")).obstacle().orElseThrow())
                .contains("none is missing");
        assertThat(new ResolvConf(directory).obstacle().orElseThrow()).contains("no file");
    }

    @Test
    void whatAKilledClientLeftIsPutBackUnlessOneLives() throws IOException {
        var locks = directory.resolve("locks");
        conf.set(WISH);
        var text = Files.readString(file);

        try (var _ = ResolverLock.take(locks, file).orElseThrow()) {
            Leftovers.putBack(file, locks, "none");
            assertThat(Files.readString(file)).isEqualTo(text);
        }
        Leftovers.putBack(file, locks, "none");

        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    /// Another user's, whose folder of locks is closed to us.
    @Test
    void whereNoLockCanBeKeptALivingClientIsLeftAlone() throws IOException {
        var locks = Files.createFile(directory.resolve("locks"));
        conf.set(WISH);
        var text = Files.readString(file);

        Leftovers.putBack(file, locks, "lo");
        assertThat(Files.readString(file)).isEqualTo(text);

        Leftovers.putBack(file, locks, "none");
        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    /// Another make's, which holds no lock of ours, but has the interface.
    @Test
    void whatAnotherLivingClientNeedsStays() throws IOException {
        var theirs = ResolverFile.HEADER + "\nnameserver 100.100.111.1\n";
        Files.writeString(file, theirs);
        Files.writeString(backup(), ORIGINAL);

        Leftovers.putBack(file, directory.resolve("locks"), "lo");
        assertThat(Files.readString(file)).isEqualTo(theirs);

        Leftovers.putBack(file, directory.resolve("locks"), "none");
        assertThat(Files.readString(file)).isEqualTo(ORIGINAL);
    }

    @Test
    void theFileIsFoundHoweverItIsNamed() {
        assertThat(Leftovers.resolvConf(List.of("--resolv-conf", "/a"), _ -> "/b"))
                .isEqualTo(Path.of("/a"));
        assertThat(Leftovers.resolvConf(List.of("--exit", "--resolv-conf=/a"), _ -> null))
                .isEqualTo(Path.of("/a"));
        assertThat(Leftovers.resolvConf(List.of("--exit"), _ -> "/b")).isEqualTo(Path.of("/b"));
        assertThat(Leftovers.resolvConf(List.of(), _ -> "")).isEqualTo(Path.of("/etc/resolv.conf"));
    }
}
