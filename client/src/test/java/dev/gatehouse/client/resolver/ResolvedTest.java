package dev.gatehouse.client.resolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResolvedTest {
    private static final List<IpAddress> SENTINELS =
            List.of(
                    IpAddress.parse("100.100.111.1"),
                    IpAddress.parse("fd00:2021:1111:8000:100:100:111:0"));

    @TempDir private Path directory;

    /// A tool that notes what it was asked, says `output`, and ends with `exitCode`.
    private Resolved resolved(String output, int exitCode) throws IOException {
        var answer = Files.writeString(directory.resolve("output"), output);
        var tool = directory.resolve("resolvectl");
        var script =
                """
                #!/bin/sh
                for word; do printf '<%%s>' "$word"; done >>%1$s
                echo >>%1$s
                cat %2$s
                exit %3$d
                """;
        Files.writeString(tool, script.formatted(log(), answer, exitCode));
        Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
        return new Resolved(tool.toString(), "tun-test");
    }

    private Path log() {
        return directory.resolve("log");
    }

    @Test
    void everyNameIsAskedOfTheSentinels() throws IOException {
        resolved("", 0).set(new DnsWish(SENTINELS, Optional.empty()));

        assertThat(Files.readAllLines(log()))
                .containsExactly(
                        "<dns><tun-test><100.100.111.1><fd00:2021:1111:8000:100:100:111:0>",
                        "<domain><tun-test><~.>",
                        "<llmnr><tun-test><true>",
                        "<flush-caches>");
    }

    @Test
    void withASearchDomainOnlyThatIsOurs() throws IOException {
        resolved("", 0).set(new DnsWish(List.of(), Optional.of("corp.test")));

        assertThat(Files.readAllLines(log()))
                .startsWith("<dns><tun-test><>", "<domain><tun-test><corp.test>");
    }

    @Test
    void theServersOfAllInterfacesAreTheSystems() throws IOException {
        var output =
                """
                Global: 192.0.2.1#dns.example
                Link 2 (eth0): 192.0.2.2 2001:db8::53 fe80::1%2
                Link 7 (tun-test):
                Link 9 (wlan0): 192.0.2.2
                """;

        assertThat(resolved(output, 0).observe().servers())
                .containsExactly(
                        IpAddress.parse("192.0.2.1"),
                        IpAddress.parse("192.0.2.2"),
                        IpAddress.parse("2001:db8::53"));
        assertThat(Files.readAllLines(log())).containsExactly("<dns>");
    }

    @Test
    void aToolThatFailsOrIsMissingIsAFailureOfTheMachine() throws IOException {
        var failing = resolved("no bus\n", 1);

        assertThatThrownBy(failing::observe)
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("resolvectl dns failed: no bus");
        assertThatThrownBy(() -> new Resolved(directory + "/none", "tun").flushCaches())
                .isInstanceOf(IOException.class);
    }

    @Test
    void ourOwnServersAreNoneOfTheSystemsAndAreMissedWhenTheyAreGone() throws IOException {
        var output = "Link 7 (tun-test): 100.100.111.1 fd00:2021:1111:8000:100:100:111:0\n";
        var resolved = resolved(output, 0);
        resolved.set(new DnsWish(SENTINELS, Optional.empty()));

        assertThat(resolved.observe().servers()).isEmpty();
        assertThat(resolved.observe().isKept()).isTrue();
        Files.writeString(directory.resolve("output"), "Link 7 (tun-test):\n");
        assertThat(resolved.observe().isKept()).isFalse();
    }

    @Test
    void aServiceThatCannotBeAskedIsAnObstacle() throws IOException {
        assertThat(resolved("", 0).obstacle()).isEmpty();
        assertThat(new Resolved(directory + "/none", "tun").obstacle().orElseThrow())
                .contains("/none cannot be run", "systemd-resolved");
    }
}
