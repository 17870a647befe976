package dev.gatehouse.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ClientCommandTest {
    @TempDir private Path directory;
    private final StringWriter errors = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new ClientCommand())
                .setErr(new PrintWriter(errors, true))
                .execute(arguments);
    }

    private int check(String... arguments) {
        var all = new ArrayList<>(List.of("--check", "--firezone-id", "test"));
        all.addAll(List.of(arguments));
        return run(all.toArray(String[]::new));
    }

    @Test
    void mistakesEndWithTwoAndOneLine() {
        assertThat(check("--api-url", "ftp://x")).isEqualTo(2);
        assertThat(check("--token-path", directory.resolve("none").toString())).isEqualTo(2);
        assertThat(errors.toString().lines())
                .hasSize(2)
                .allMatch(l -> l.startsWith("gatehouse client: "));
    }

    @Test
    void anUnknownWayOfDnsControlNamesTheKnownOnes() {
        assertThat(check("standalone", "--dns-control", "networkmanager")).isEqualTo(2);
        assertThat(errors.toString()).contains("disabled, etc-resolv-conf, systemd-resolved");
    }

    @Test
    void dnsControlFollowsWhoOwnsResolvConf() throws IOException {
        var own = directory.resolve("own");
        Files.createSymbolicLink(own, Path.of("../run/systemd/resolve/stub-resolv.conf"));
        var other = directory.resolve("other");
        Files.createSymbolicLink(other, Path.of("/run/resolvconf/resolv.conf"));

        assertThat(DnsControl.ofHost(own)).isEqualTo(DnsControl.SYSTEMD_RESOLVED);
        assertThat(DnsControl.ofHost(other)).isEqualTo(DnsControl.ETC_RESOLV_CONF);
        assertThat(DnsControl.ofHost(directory)).isEqualTo(DnsControl.ETC_RESOLV_CONF);
    }

    @Test
    void settingsWithoutMeaningHereAreAcceptedAndNamed() {
        var options = new ClientOptions();
        new CommandLine(options)
                .parseArgs("--log-dir=/var/log/x", "--metrics=stdout", "--no-telemetry");

        assertThat(options.ignored()).containsExactly("LOG_DIR", "FIREZONE_METRICS");
    }

    @Test
    void statusWithoutAClientSaysSo() {
        var socket = directory.resolve("status").toString();
        assertThat(run("status", "--status-socket", socket)).isEqualTo(1);
        assertThat(errors.toString()).contains("is it running?");
    }
}
