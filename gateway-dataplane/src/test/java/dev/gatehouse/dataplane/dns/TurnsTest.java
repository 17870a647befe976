package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final Turns<String> turns = new Turns<>(new Turns.Limits(4, 2, 6, 3));

    @Test
    void clientsTakeTurns() {
        for (int i = 0; i < 5; i++) {
            assertThat(turns.offer("a", "a" + i)).isTrue();
        }
        turns.offer("b", "b0");
        turns.offer("c", "c0");

        assertThat(turns.poll()).isEqualTo("a0");
        assertThat(turns.poll()).isEqualTo("b0");
        assertThat(turns.poll()).isEqualTo("c0");
        assertThat(turns.poll()).isEqualTo("a1");
        assertThat(turns.poll()).isNull();
        turns.done("b");
        assertThat(turns.poll()).as("a has its share").isNull();
        turns.done("a");
        assertThat(turns.poll()).isEqualTo("a2");
    }

    @Test
    void whatIsBeyondALimitIsRefused() {
        for (int i = 0; i < 5; i++) {
            assertThat(turns.offer("a", "a")).isTrue();
        }
        assertThat(turns.offer("a", "a")).as("2 at once and 3 that wait").isFalse();
        for (int i = 0; i < 5; i++) {
            assertThat(turns.offer("b", "b")).isTrue();
        }
        assertThat(turns.offer("c", "c")).as("4 at once and 6 that wait").isFalse();
        assertThat(turns.poll()).isEqualTo("a");
        turns.done("a");
        assertThat(turns.offer("c", "c")).isTrue();
    }

    @Test
    void nobodyIsDoneWhoHasNotBegun() {
        turns.offer("a", "a");
        assertThatThrownBy(() -> turns.done("a")).isInstanceOf(IllegalStateException.class);
    }

    /// Against a model: nothing is lost, nothing comes twice, no limit is passed, and whoever may
    /// begin does.
    @Test
    void anyOrderOfCallsKeepsTheLimits() {
        var random = new Random(11);
        var model = new HashMap<String, ArrayDeque<String>>();
        var underWay = new HashMap<String, Integer>();
        for (int i = 0; i < 20_000; i++) {
            String client = "c" + random.nextInt(5);
            switch (random.nextInt(3)) {
                case 0 -> {
                    if (turns.offer(client, client + ":" + i)) {
                        model.computeIfAbsent(client, _ -> new ArrayDeque<>())
                                .add(client + ":" + i);
                    }
                }
                case 1 -> {
                    var next = turns.poll();
                    assertThat(next == null).isEqualTo(!mayBegin(model, underWay));
                    if (next != null) {
                        var owner = next.substring(0, 2);
                        assertThat(model.get(owner).remove()).isEqualTo(next);
                        underWay.merge(owner, 1, Integer::sum);
                    }
                }
                default -> {
                    if (underWay.getOrDefault(client, 0) > 0) {
                        turns.done(client);
                        underWay.merge(client, -1, Integer::sum);
                    }
                }
            }
            assertThat(underWay.values()).allMatch(n -> n <= 2);
            assertThat(turns.underWay()).isEqualTo(sum(underWay)).isLessThanOrEqualTo(4);
            assertThat(turns.waiting())
                    .isEqualTo(model.values().stream().mapToInt(ArrayDeque::size).sum());
        }
    }

    private static boolean mayBegin(
            Map<String, ArrayDeque<String>> model, Map<String, Integer> underWay) {
        return sum(underWay) < 4
                && model.entrySet().stream()
                        .anyMatch(
                                e ->
                                        !e.getValue().isEmpty()
                                                && underWay.getOrDefault(e.getKey(), 0) < 2);
    }

    private static int sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Test
    void whatEndsAtOnceDoesNotBeginTheNextOneWithinItself() {
        var turns = new Turns<String>(new Turns.Limits(1, 1, 10, 10));
        for (int i = 0; i < 3; i++) {
            turns.offer("a", "a" + i);
        }
        var begun = new ArrayList<String>();
        int[] depth = new int[1];
        Consumer<String> endsAtOnce =
                task -> {
                    depth[0]++;
                    assertThat(depth[0]).isOne();
                    begun.add(task);
                    turns.done("a");
                    turns.beginAll(_ -> fail("deeper"));
                    depth[0]--;
                };
        turns.beginAll(endsAtOnce);
        assertThat(begun).containsExactly("a0", "a1", "a2");
        assertThat(turns.waiting()).isZero();
    }
}
