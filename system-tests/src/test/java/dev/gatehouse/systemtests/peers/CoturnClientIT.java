package dev.gatehouse.systemtests.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.systemtests.site.Program;
import dev.gatehouse.systemtests.site.Sandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Our relay, without a portal, and the clients of others: those of coturn.
@Tag("netns")
class CoturnClientIT {
    private static final String RELAY = "10.77.0.1";
    private static final String RELAY_V6 = "fd77::1";
    private static final String PEER = "10.77.0.3";
    private static final String STAMP_SECRET = "not-a-secret";
    private static final long EXPIRY = 4_102_444_800L;
    private static final String SALT = "alice";

    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {RELAY, RELAY_V6})
    void aBindingIsAnswered(String address) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startRelay(sandbox);

                    var said = sandbox.exec("turnutils_stunclient", "-p", "3478", address);

                    assertThat(said).contains("UDP reflexive addr: ");
                });
    }

    /// This client draws its channel from the numbers of RFC 5766. Three quarters of them are
    /// refused, as RFC 8656 says: it is run until it draws another.
    @ParameterizedTest
    @ValueSource(strings = {RELAY, RELAY_V6})
    void dataGoesThroughAChannelWithoutLoss(String address) throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    startRelay(sandbox);
                    sandbox.start(Program.Spec.of("turnutils_peer", "-L", PEER, "-p", "3480", "-v"))
                            .awaitText(":end");
                    var runs = new ArrayList<String>();
                    sandbox.until(
                            "a channel of RFC 8656",
                            () -> {
                                var client = sandbox.start(client(address));
                                client.await();
                                runs.add(client.out() + client.err());
                                return !runs.getLast().contains("channel bind: error 400");
                            });

                    assertThat(runs.getLast())
                            .contains("tot_send_msgs=50", "tot_recv_msgs=50")
                            .contains("Total lost packets 0 ");
                });
    }

    private static Program.Spec client(String address) {
        return Program.Spec.of(
                "turnutils_uclient",
                "-v",
                "-c",
                "-n",
                "50",
                "-l",
                "1000",
                "-e",
                PEER,
                "-r",
                "3480",
                "-u",
                EXPIRY + ":" + SALT,
                "-w",
                TurnCredentials.password(EXPIRY, STAMP_SECRET, SALT),
                address);
    }

    private static void startRelay(Sandbox sandbox) throws Exception {
        Sandbox.require("turnutils_uclient", "coturn");
        for (String address : List.of(RELAY, PEER)) {
            sandbox.exec("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        sandbox.exec("ip", "addr", "add", RELAY_V6 + "/128", "dev", "lo", "nodad");
        sandbox.start(
                        Program.Spec.gatehouse("relay")
                                .with("PUBLIC_IP4_ADDR", RELAY)
                                .with("PUBLIC_IP6_ADDR", RELAY_V6)
                                .with("GATEHOUSE_RELAY_ALLOW_PEER", "10.77.0.0/24,fd77::/64")
                                .with("STAMP_SECRET", STAMP_SECRET))
                .awaitText("relay serves UDP port 3478");
    }
}
