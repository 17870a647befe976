package dev.gatehouse.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A client chooses the names that are looked up: tunnel.md 5.3.
class NameLookupTest {
    private static final long WAIT_S = 15;

    private final BlockingQueue<NameLookup.Answer> answers = new ArrayBlockingQueue<>(10);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid",
                "a..invalid",
                ".invalid",
                ".",
                "xn--.invalid",
                "xn--\u00e4\u00f6.invalid",
                "a b.invalid",
                "[::1].invalid",
                "\u0000.invalid",
                "\ud800.invalid"
            })
    void everyNameIsAnsweredEvenIfItIsNone(String name) throws Exception {
        try (var lookup = new NameLookup(answers::add)) {
            lookup.ask(new NameLookup.Question(0, 7, name));

            var answer = answers.poll(WAIT_S, TimeUnit.SECONDS);
            assertThat(answer).isNotNull();
            assertThat(answer.requestId()).isEqualTo(7);
        }
    }
}
