package dev.gatehouse.systemtests.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.systemtests.site.Program.Spec;
import dev.gatehouse.systemtests.site.Sandbox;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Which processes of ours may run on one host, and what the others are told.
@Tag("netns")
class SharedHostIT {
    @TempDir private Path folder;

    @Test
    void secondClientIsToldWhoHasTheHostAndOneBesideAGatewayTakesAnotherDevice() throws Exception {
        Sandbox.run(
                folder,
                sandbox -> {
                    sandbox.exec("ip", "tuntap", "add", "tun-firezone", "mode", "tun");
                    sandbox.exec("ip", "link", "set", "tun-firezone", "alias", "gatehouse gateway");

                    var first = sandbox.start(peer("client")).awaitText("cannot connect");
                    assertThat(first.err() + first.out()).contains("taking tun-client");

                    var second = sandbox.start(peer("client"));
                    assertThat(second.await()).isEqualTo(2);
                    assertThat(second.err())
                            .contains("a client runs on this host")
                            .contains("process %d (gatehouse client)".formatted(first.pid()))
                            .contains("tun-client")
                            .hasLineCount(1);

                    var third = sandbox.start(peer("client").with("GATEHOUSE_TUN_NAME", "a b"));
                    assertThat(third.await()).isEqualTo(2);
                    assertThat(third.err()).contains("GATEHOUSE_TUN_NAME").hasLineCount(1);
                });
    }

    private static Spec peer(String process) {
        return Spec.gatehouse(process)
                .with("FIREZONE_TOKEN", "a-token")
                .with("FIREZONE_ID", "test")
                .with("FIREZONE_API_URL", "ws://127.0.0.1:9")
                .with("FIREZONE_DNS_CONTROL", "disabled");
    }
}
