package dev.gatehouse.channel.message;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.channel.frame.Frame;
import dev.gatehouse.testkit.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whatever a portal or a peer writes is a message or a reason to ignore it.
class FrameFuzzTest {
    private static final int ROUNDS = 25;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void damagedFramesAreMessagesOrIgnored(long seed) throws IOException {
        var mutator = new Mutator(seed);
        int messages = 0;
        int ignored = 0;
        int rejected = 0;
        for (String frame : frames()) {
            for (int i = 0; i < ROUNDS; i++) {
                switch (Frame.decode(mutator.json(frame))) {
                    case Frame.Rejected _ -> rejected++;
                    case Frame decoded -> {
                        for (Object message : readByAll(decoded)) {
                            if (message instanceof Ignored(var event, var reason)) {
                                assertThat(event).isEqualTo(decoded.event());
                                assertThat(reason).isNotBlank();
                                ignored++;
                            } else {
                                messages++;
                            }
                        }
                    }
                }
            }
        }
        assertThat(messages).isPositive();
        assertThat(ignored).isPositive();
        assertThat(rejected).isPositive();
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5})
    void damagedTextIsAFrameOrNone(long seed) throws IOException {
        var mutator = new Mutator(seed);
        int rejected = 0;
        for (String frame : frames()) {
            byte[] genuine = frame.getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < ROUNDS; i++) {
                var text = new String(mutator.bytes(genuine), StandardCharsets.UTF_8);
                if (Frame.decode(text) instanceof Frame.Rejected) {
                    rejected++;
                }
            }
        }
        assertThat(rejected).isPositive();
    }

    /// Each of the four decoders, whoever the message was meant for.
    private static List<Object> readByAll(Frame frame) {
        var messages = new ArrayList<Object>();
        messages.add(PortalToGateway.decode(frame.event(), frame.payload()));
        messages.add(PortalToClient.decode(frame.event(), frame.payload()));
        messages.add(GatewayToPortal.decode(frame.event(), frame.payload()));
        messages.add(ClientToPortal.decode(frame.event(), frame.payload()));
        return messages;
    }

    private static List<String> frames() throws IOException {
        return RecordedFramesTest.frames()
                .map(recorded -> recorded.frame().toString())
                .distinct()
                .toList();
    }
}
