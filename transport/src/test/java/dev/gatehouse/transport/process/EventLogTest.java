package dev.gatehouse.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventLogTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final List<String> lines = new ArrayList<>();
    private final EventLog log = new EventLog(3, lines::add);

    @Test
    void aFloodIsCutAndCounted() {
        for (int i = 0; i < 500; i++) {
            log.say("line " + i, 0);
        }
        assertThat(lines).containsExactly("line 0", "line 1", "line 2");

        log.handleTimeout(SECOND_NS);
        log.say("later", SECOND_NS);

        assertThat(lines).endsWith("497 such lines were left out", "later").hasSize(5);
        assertThat(log.leftOut()).isEqualTo(497);
    }
}
