package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.Mutator;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes of others are a value or the documented refusal.
class DnsMessageFuzzTest {
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void damagedDnsMessagesAreUnderstoodOrNot(long seed) {
        var mutator = new Mutator(seed);
        var query = DnsMessage.queryForA(7, "host.example.test");
        var genuine = DnsMessage.parse(query).orElseThrow();
        int understood = 0;
        for (int i = 0; i < 20_000; i++) {
            var bytes = Buffer.buffer(mutator.bytes(query.getBytes()));
            var message = DnsMessage.parse(bytes);
            if (message.isPresent()) {
                understood++;
                readAll(message.get(), genuine);
            }
        }
        assertThat(understood).isBetween(1, 19_999);
    }

    private static void readAll(DnsMessage message, DnsMessage query) {
        message.answers(query);
        query.answers(message);
        message.isSuccess();
        int question = message.serverFailure(1200).length();
        assertThat(question).isBetween(DnsMessage.HEADER_LENGTH + 5, message.bytes().length() + 11);
        assertThat(message.toUdp(query, 1200).length()).isBetween(question - 11, 1200);
        assertThat(message.badVersion(1200).length()).isBetween(question, question + 11);
        assertThat(message.withId(1).bytes().length()).isEqualTo(message.bytes().length());
    }
}
