package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.wire.Endpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Our requests against those that real clients and gateways sent to their relays.
class TurnRequestVectorTest {
    private static final Pattern LINE =
            Pattern.compile("\"dst\":\"([^\"]+:3478)\",\"kind\":\"stun\".*\"hex\":\"([0-9a-f]+)\"");
    private static final int INTEGRITY_VALUE_LENGTH = 20;
    private static final Endpoint SERVER = Endpoint.parse("10.99.0.3:3478");

    @Test
    void requestsOfRealPeersAreWrittenByteForByte() throws IOException {
        var recorded = recordedRequests();

        assertThat(recorded).extracting(StunMessage::method).contains(0x001, 0x003, 0x009);
        for (var message : recorded) {
            byte[] theirs = bytes.get(recorded.indexOf(message));
            byte[] ours = rewrite(message);
            int signedLength =
                    message.hasMessageIntegrity()
                            ? theirs.length - INTEGRITY_VALUE_LENGTH
                            : theirs.length;
            assertThat(ours).hasSameSizeAs(theirs);
            assertThat(Arrays.copyOf(ours, signedLength))
                    .as(message.toString())
                    .isEqualTo(Arrays.copyOf(theirs, signedLength));
        }
    }

    private final List<byte[]> bytes = new ArrayList<>();

    private List<StunMessage> recordedRequests() throws IOException {
        var messages = new ArrayList<StunMessage>();
        try (var in = getClass().getResourceAsStream("/vectors/recorded/stun-turn.jsonl")) {
            var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String line : text.split("\n")) {
                Matcher matcher = LINE.matcher(line);
                if (matcher.find()) {
                    cut(HexFormat.of().parseHex(matcher.group(2)), messages);
                }
            }
        }
        return messages;
    }

    /// A line may hold several messages that were sent at once.
    private void cut(byte[] payload, List<StunMessage> messages) {
        int offset = 0;
        while (offset + 20 <= payload.length) {
            int length = 20 + ByteBuffer.wrap(payload).getShort(offset + 2);
            var decoded = StunMessage.decode(ByteBuffer.wrap(payload), offset, length);
            if (decoded instanceof StunMessage message
                    && message.messageClass() == MessageClass.REQUEST) {
                messages.add(message);
                bytes.add(Arrays.copyOfRange(payload, offset, offset + length));
            }
            offset += length;
        }
    }

    private static byte[] rewrite(StunMessage theirs) {
        var login = new TurnLogin(theirs.username().orElse(""), "?", theirs.nonce());
        var request =
                switch (theirs.method()) {
                    case StunMethods.BINDING -> TurnRequest.to(SERVER, TurnRequest.Kind.BINDING);
                    case StunMethods.ALLOCATE -> TurnRequest.to(SERVER, TurnRequest.Kind.ALLOCATE);
                    case StunMethods.REFRESH -> TurnRequest.to(SERVER, TurnRequest.Kind.REFRESH);
                    default ->
                            TurnRequest.bind(
                                    SERVER,
                                    new Channel(
                                            theirs.channelNumber().orElseThrow(),
                                            theirs.xorPeerAddress().orElseThrow()));
                };
        return request.write(theirs.software().orElseThrow(), login, theirs.transactionId(), 0);
    }
}
