package dev.gatehouse.client.resolver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Eventually;
import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DnsKeeperTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ORIGINAL = "nameserver 192.0.2.1\n";

    @TempDir private Path directory;
    private final List<List<IpAddress>> servers = new CopyOnWriteArrayList<>();
    private final AtomicInteger ups = new AtomicInteger();
    private DnsKeeper keeper;
    private FileWatch watch;

    private static DnsWish wish(int last) {
        return new DnsWish(List.of(IpAddress.parse("100.100.111." + last)), Optional.empty());
    }

    private void keep(HostResolver resolver) {
        keeper = new DnsKeeper(resolver, servers::add, ups::incrementAndGet);
        keeper.start();
    }

    @AfterEach
    void end() {
        if (keeper != null) {
            keeper.close();
        }
        if (watch != null) {
            watch.close();
        }
    }

    private Path resolvConf() {
        return directory.resolve("resolv.conf");
    }

    private void keepFile() throws IOException {
        Files.writeString(resolvConf(), ORIGINAL);
        keep(new ResolvConf(resolvConf()));
        watch = new FileWatch(resolvConf(), keeper::wake);
        keeper.want(wish(1));
    }

    private void becomesOurs(long rewrites) throws Exception {
        Eventually.becomes(
                "ours again",
                LIMIT,
                () ->
                        keeper.report().rewrites() == rewrites
                                && Files.exists(resolvConf())
                                && Files.readString(resolvConf()).startsWith(ResolverFile.HEADER));
    }

    @Test
    void whatOthersWriteIsWrittenAgainHoweverTheyDoIt() throws Exception {
        keepFile();
        becomesOurs(0);

        Files.writeString(resolvConf(), "nameserver 192.0.2.2\n");
        becomesOurs(1);
        var renamed = Files.writeString(directory.resolve("new"), "nameserver 192.0.2.3\n");
        Files.move(renamed, resolvConf(), StandardCopyOption.ATOMIC_MOVE);
        becomesOurs(2);
        Files.delete(resolvConf());
        becomesOurs(3);

        assertThat(servers)
                .containsExactly(
                        List.of(IpAddress.parse("192.0.2.1")),
                        List.of(IpAddress.parse("192.0.2.2")),
                        List.of(IpAddress.parse("192.0.2.3")));
        assertThat(keeper.report().fault()).isEmpty();
        assertThat(ups).hasValue(1);
        keeper.close();
        assertThat(Files.readString(resolvConf())).isEqualTo("nameserver 192.0.2.3\n");
    }

    @Test
    void aLinkInItsPlaceIsToldAndOursIsBackOnceItIsAFileAgain() throws Exception {
        keepFile();
        becomesOurs(0);
        var other = Files.writeString(directory.resolve("other"), "nameserver 192.0.2.4\n");
        Files.delete(resolvConf());
        Files.createSymbolicLink(resolvConf(), other);
        Eventually.becomes("a fault", LIMIT, () -> keeper.report().fault().isPresent());

        assertThat(keeper.report().fault().get()).contains("link to " + other);
        assertThat(Files.readString(other)).isEqualTo("nameserver 192.0.2.4\n");
        Files.delete(resolvConf());
        Files.writeString(resolvConf(), "nameserver 192.0.2.5\n");

        Eventually.becomes("no fault", LIMIT, () -> keeper.report().fault().isEmpty());
        assertThat(Files.readString(resolvConf())).startsWith(ResolverFile.HEADER);
        assertThat(servers.getLast()).containsExactly(IpAddress.parse("192.0.2.5"));
    }

    /// @param body of a shell script that has `$n`, how often it was called before
    private Path tool(String body) throws IOException {
        var tool = directory.resolve("resolvectl");
        var script =
                """
                #!/bin/sh
                n=$(wc -l <%1$s/calls)
                echo "$@" >>%1$s/calls
                %2$s
                """;
        Files.writeString(directory.resolve("calls"), "");
        Files.writeString(tool, script.formatted(directory, body));
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
        return tool;
    }

    private List<String> calls() throws IOException {
        return Files.readAllLines(directory.resolve("calls"));
    }

    @Test
    void aToolThatFailsIsCalledAgain() throws Exception {
        keep(new Resolved(tool("[ $n != 2 ] || { echo no bus; exit 1; }").toString(), "tun"));
        keeper.want(wish(1));

        Eventually.becomes("flushed", LIMIT, () -> calls().contains("flush-caches"));

        assertThat(calls())
                .startsWith("dns", "dns tun 100.100.111.1", "domain tun ~.")
                .containsSubsequence(
                        "domain tun ~.", "dns tun 100.100.111.1", "domain tun ~.", "flush-caches");
        Eventually.becomes("no fault", LIMIT, () -> keeper.report().fault().isEmpty());
        assertThat(keeper.report().failures()).isEqualTo(1);
        assertThat(ups).hasValue(1);
    }

    /// Each call waits for the test: whoever wants something does not.
    @Test
    void whileAToolIsSlowOnlyTheNewestWishWaits() throws Exception {
        var gate = directory.resolve("gate");
        var wait = "while [ $n -gt 0 ] && [ ! -e %s ]; do sleep 0.02; done";
        keep(new Resolved(tool(wait.formatted(gate)).toString(), "tun"));
        keeper.want(wish(1));
        Eventually.becomes("called", LIMIT, () -> calls().size() == 2);
        for (int i = 2; i <= 9; i++) {
            keeper.want(wish(i));
        }
        assertThat(ups).as("nothing has been set yet").hasValue(0);
        Files.createFile(gate);

        Eventually.becomes("newest", LIMIT, () -> calls().contains("dns tun 100.100.111.9"));

        assertThat(calls().stream().filter(call -> call.startsWith("dns tun")))
                .containsExactly("dns tun 100.100.111.1", "dns tun 100.100.111.9");
    }
}
