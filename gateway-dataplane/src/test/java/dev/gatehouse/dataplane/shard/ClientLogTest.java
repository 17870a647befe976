package dev.gatehouse.dataplane.shard;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ClientLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(ClientLog.class);
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
    private final ClientLog log = new ClientLog();

    @BeforeEach
    void listen() {
        appender.start();
        logger.addAppender(appender);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(appender);
    }

    @Test
    void whoComesChangesItsPathAndGoesIsALineEach() {
        log.handleUp("c1", "relay", 0);
        log.handleUp("c1", "relay", 1);
        log.handleUp("c1", "host", 2);
        log.handleGone("c1", "it said goodbye", 3);
        log.handleGone("c2", "it answered no handshake", 4);

        assertThat(lines())
                .containsExactly(
                        "client c1 connected, path: relay",
                        "client c1 is reached by another path: host, before relay",
                        "client c1 is gone: it said goodbye",
                        "client c2 did not connect: it answered no handshake");
    }

    @Test
    void whatAPredecessorToldIsNotToldAgain() {
        log.handleResumed("c1", "host");
        log.handleUp("c1", "host", 0);

        assertThat(lines()).isEmpty();
    }

    @Test
    void aFloodIsCut() {
        for (int i = 0; i < 10_000; i++) {
            log.handleUp("c" + i, "host", 0);
        }
        log.handleTimeout(1_000_000_000L);

        assertThat(lines()).hasSize(201).endsWith("9800 such lines were left out");
    }

    private List<String> lines() {
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
