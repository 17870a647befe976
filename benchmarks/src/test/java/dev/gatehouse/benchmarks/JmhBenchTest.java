package dev.gatehouse.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class JmhBenchTest {
    @Test
    void aMachineWithoutAVectorCipherMeasuresTheOthers() {
        var arguments = JmhBench.withAeads(List.of("Aead", "-f", "1"), List.of("libcrypto", "jdk"));

        assertThat(arguments)
                .containsExactly("Aead", "-f", "1", "-p", "implementation=libcrypto,jdk");
    }

    @Test
    void aCallerMayNameImplementations() {
        var named = List.of("Aead", "-p", "implementation=jdk");

        assertThat(JmhBench.withAeads(named, List.of("libcrypto", "jdk"))).isEqualTo(named);
    }
}
