package dev.gatehouse.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.channel.frame.Json;
import dev.gatehouse.client.resolver.DnsControl;
import dev.gatehouse.client.status.ClientStatus;
import dev.gatehouse.client.status.StatusServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ClientCommandTest {
    @TempDir private Path directory;
    private final StringWriter errors = new StringWriter();
    private final StringWriter said = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new ClientCommand())
                .setOut(new PrintWriter(said, true))
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

    @ParameterizedTest
    @CsvSource({
        "false, false, '', , 1, not ready: not logged in to the portal yet",
        "false, true, '', , 1, 'not ready: logged in, and the interface is not configured yet'",
        "false, true, 100.64.0.1, , 1, not ready: DNS is not set yet",
        "false, true, 100.64.0.1, read-only, 1, not ready: DNS is not set: read-only",
        "true, true, 100.64.0.1, , 0, ready",
        "true, false, 100.64.0.1, , 0, ready"
    })
    void readyMeansLoggedInOnceAndTheInterfaceIsConfigured(
            boolean ready, boolean connected, String address, String fault, int code, String word)
            throws IOException {
        var socket = directory.resolve("status");
        var dns = Json.object().put("fault", fault);
        var told = Json.object().put("ready", ready).put("portalConnected", connected);
        var addresses = told.putArray("addresses");
        if (!address.isEmpty()) {
            addresses.add(address);
        }
        told.set("dnsControl", dns);
        var status = new ObjectMapper().treeToValue(told, ClientStatus.class);

        try (var _ = new StatusServer(socket, answer -> answer.complete(status))) {
            assertThat(run("status", "--ready", "--status-socket", socket.toString()))
                    .isEqualTo(code);
        }

        assertThat(said.toString().strip()).isEqualTo(word);
    }

    /// Half a megabyte, more than the socket keeps for who does not read.
    @Test
    void aCallerThatDoesNotReadKeepsNobodyWaiting() throws IOException {
        var socket = directory.resolve("status");
        var told = Json.object().put("ready", true).put("portalConnected", true);
        told.putArray("addresses").add("x".repeat(1 << 19));
        told.set("dnsControl", Json.object().put("fault", (String) null));
        var status = new ObjectMapper().treeToValue(told, ClientStatus.class);

        try (var _ = new StatusServer(socket, answer -> answer.complete(status));
                var _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertThat(run("status", "--ready", "--status-socket", socket.toString())).isZero();
        }
    }
}
