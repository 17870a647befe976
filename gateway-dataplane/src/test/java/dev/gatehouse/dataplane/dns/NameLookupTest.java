package dev.gatehouse.dataplane.dns;

import static java.util.concurrent.CompletableFuture.completedFuture;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.dns.NameLookup.Found;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
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
            lookup.ask(new NameLookup.Question(0, "client", 7, name));

            var answer = answers.poll(WAIT_S, TimeUnit.SECONDS);
            assertThat(answer).isNotNull();
            assertThat(answer.requestId()).isEqualTo(7);
        }
    }

    @Test
    void afterARestartAllClientsAreToldAllTheirNames() throws Exception {
        var told = new LinkedBlockingQueue<NameLookup.Answer>();
        var one = new Found(List.of(InetAddress.ofLiteral("10.0.0.1")), Duration.ofMinutes(1));
        try (var lookup = new NameLookup(backend(_ -> completedFuture(one)), told::add)) {
            for (int i = 0; i < 10_000; i++) {
                lookup.ask(question("client" + i % 1_000, i, "name%d.example".formatted(i)));
            }
            for (int i = 0; i < 10_000; i++) {
                var answer = told.poll(WAIT_S, TimeUnit.SECONDS);
                assertThat(answer).as("answer %d", i).isNotNull();
                assertThat(answer.addresses().orElseThrow()).hasSize(1);
            }
            assertThat(lookup.refused()).isZero();
        }
    }

    /// A client may be served by a name server that never answers.
    @Test
    void aClientsSilentNamesDelayNobody() throws Exception {
        var told = new LinkedBlockingQueue<NameLookup.Answer>();
        var silence = new CompletableFuture<Found>();
        var backend =
                backend(
                        name ->
                                name.startsWith("silent")
                                        ? silence
                                        : completedFuture(Found.NOTHING));
        try (var lookup = new NameLookup(backend, told::add)) {
            var limits = NameLookup.LIMITS;
            int room = limits.atOncePerClient() + limits.waitingPerClient();
            for (int i = 0; i < room + 5; i++) {
                lookup.ask(question("hostile", i, "silent%d.example".formatted(i)));
            }
            lookup.ask(question("honest", 99_999, "good.example"));

            for (int i = 0; i < 5; i++) {
                var refused = told.poll(WAIT_S, TimeUnit.SECONDS);
                assertThat(refused).isNotNull();
                assertThat(refused.requestId()).isEqualTo(room + i);
                assertThat(refused.addresses()).as("told that it failed").isEmpty();
            }
            var good = told.poll(WAIT_S, TimeUnit.SECONDS);
            assertThat(good).isNotNull();
            assertThat(good.requestId()).isEqualTo(99_999);
            assertThat(good.addresses()).isPresent();
            assertThat(lookup.refused()).isEqualTo(5);
        }
    }

    private static NameLookup.Question question(String client, long id, String name) {
        return new NameLookup.Question(0, client, id, name);
    }

    private static NameLookup.Backend backend(Function<String, CompletableFuture<Found>> answer) {
        return new NameLookup.Backend() {
            @Override
            public CompletableFuture<Found> resolveAll(String name) {
                return answer.apply(name);
            }

            @Override
            public long mismatched() {
                return 0;
            }
        };
    }
}
