package dev.gatehouse.dataplane.handover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.dataplane.gateway.GatewayChanges;
import dev.gatehouse.dataplane.gateway.nat.NatChanges;
import dev.gatehouse.rpc.LocalCandidates;
import dev.gatehouse.rpc.Snapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventReporterTest {
    private static final EventFeed.Consumer CONSUMER =
            new EventFeed.Consumer() {
                @Override
                public void wake() {}

                @Override
                public void replaced() {}
            };

    private final EventFeed feed = new EventFeed(1, 10, 1);
    private final EventReporter reporter = new EventReporter(0, feed);

    @Test
    void candidateThatCameAndWentInOneTurnIsToldAsGone() {
        feed.subscribe(CONSUMER);
        var nothing =
                new ShardState.Changes(
                        List.of(),
                        List.of(),
                        new GatewayChanges(List.of(), List.of(), List.of(), List.of()),
                        Snapshot.getDefaultInstance(),
                        NatChanges.NONE);
        reporter.sendSnapshot(nothing, ShardStatus.STARTING);
        while (feed.poll(CONSUMER).isPresent()) {}

        reporter.candidateAdded("client", "a");
        reporter.candidateAdded("client", "b");
        reporter.candidateRemoved("client", "a");
        reporter.flushCandidates();

        assertThat(feed.poll(CONSUMER).orElseThrow().getLocalCandidates())
                .isEqualTo(
                        LocalCandidates.newBuilder()
                                .setClientId("client")
                                .addAdded("b")
                                .addRemoved("a")
                                .build());
        assertThat(feed.poll(CONSUMER)).isEmpty();
    }
}
