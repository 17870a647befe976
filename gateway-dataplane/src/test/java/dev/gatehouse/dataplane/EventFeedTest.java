package dev.gatehouse.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.rpc.Event;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventFeedTest {
    private final EventFeed feed = new EventFeed(3);
    private final RecordingConsumer consumer = new RecordingConsumer();

    @Test
    void nothingIsTakenBeforeTheSnapshot() {
        feed.subscribe(consumer);
        feed.offer(event(1));

        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
        assertThat(feed.takeSnapshotRequest(consumer)).as("asked once").isFalse();

        feed.offerSnapshot(List.of(event(2)));
        feed.offer(event(3));

        assertThat(feed.poll(consumer)).contains(event(2));
        assertThat(feed.poll(consumer)).contains(event(3));
    }

    @Test
    void overflowDropsTheBacklogAndAsksForASnapshot() {
        feed.subscribe(consumer);
        feed.takeSnapshotRequest(consumer);
        feed.offerSnapshot(List.of());
        for (int i = 0; i < 4; i++) {
            feed.offer(event(i));
        }

        assertThat(feed.overflows()).isEqualTo(1);
        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.isFollowed()).isFalse();
        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
        feed.offerSnapshot(List.of(event(9)));
        assertThat(feed.poll(consumer)).contains(event(9));
    }

    @Test
    void laterConsumerEndsTheEarlierOne() {
        var later = new RecordingConsumer();
        feed.subscribe(consumer);
        feed.subscribe(later);
        feed.takeSnapshotRequest(later);
        feed.offerSnapshot(List.of(event(1)));

        assertThat(consumer.replaced).isTrue();
        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.poll(later)).contains(event(1));
        feed.unsubscribe(consumer);
        assertThat(feed.isFollowed()).isTrue();
    }

    @Test
    void requestThatCouldNotBeDeliveredIsTakenAgain() {
        feed.subscribe(consumer);
        feed.takeSnapshotRequest(consumer);

        feed.returnSnapshotRequest();

        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
    }

    private static Event event(long epoch) {
        return Event.newBuilder().setEpoch(epoch).build();
    }

    private static final class RecordingConsumer implements EventFeed.Consumer {
        private boolean replaced;

        @Override
        public void wake() {}

        @Override
        public void replaced() {
            replaced = true;
        }
    }
}
