package dev.gatehouse.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import org.junit.jupiter.api.Test;

class MutatorTest {
    private static final String JSON = "{\"a\":[1,\"b\\\"c\",null],\"d\":{\"e\":true}}";

    @Test
    void theSameSeedDoesTheSameDamage() {
        var one = new Mutator(7);
        var other = new Mutator(7);
        for (int i = 0; i < 1000; i++) {
            assertThat(one.bytes(new byte[i % 40])).isEqualTo(other.bytes(new byte[i % 40]));
            assertThat(one.json(JSON)).isEqualTo(other.json(JSON));
        }
    }

    @Test
    void damageIsManifoldAndLeavesTheOriginalAlone() {
        var mutator = new Mutator(1);
        var genuine = new byte[] {1, 2, 3, 4};
        var texts = new HashSet<String>();
        var lengths = new HashSet<Integer>();
        for (int i = 0; i < 1000; i++) {
            texts.add(mutator.json(JSON));
            lengths.add(mutator.bytes(genuine).length);
        }

        assertThat(genuine).containsExactly(1, 2, 3, 4);
        assertThat(texts).hasSizeGreaterThan(100);
        assertThat(lengths).hasSizeGreaterThan(10).contains(0);
    }
}
