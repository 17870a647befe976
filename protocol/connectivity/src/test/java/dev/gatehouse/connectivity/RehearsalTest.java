package dev.gatehouse.connectivity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.wireguard.crypto.Aeads;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RehearsalTest {
    @Test
    void everyRoundEndsWithASession() {
        try (var aead = Aeads.choose(Optional.empty())) {
            assertThat(new Rehearsal(aead, new Random(1)).run()).isEqualTo(20);
        }
    }
}
