package dev.gatehouse.dataplane.handover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.rpc.Event;
import dev.gatehouse.rpc.Snapshot;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventFeedTest {
    private static final long EPOCH = 7;
    private static final ShardStatus READY = new ShardStatus(true, true, 2, 1, 3, false);

    private final EventFeed feed = new EventFeed(EPOCH, 3, 1);
    private final RecordingConsumer consumer = new RecordingConsumer();

    @Test
    void nothingIsTakenBeforeTheSnapshot() {
        feed.subscribe(consumer);
        feed.offer(0, event(1));

        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
        assertThat(feed.takeSnapshotRequest(consumer)).as("asked once").isFalse();

        assertThat(feed.offerSnapshot(0, List.of(port(2)), READY)).isTrue();
        feed.offer(0, event(3));

        var events = pollAll(feed);
        assertThat(events.get(0).getSnapshot().getPart()).isEqualTo(port(2));
        assertThat(events.get(0).getEpoch()).isEqualTo(EPOCH);
        assertThat(events.get(1).getStatus().getRelaysAllocated()).isEqualTo(1);
        assertThat(events.subList(2, 3)).containsExactly(event(3));
    }

    @Test
    void overflowDropsTheBacklogAndAsksForASnapshot() {
        feed.subscribe(consumer);
        feed.takeSnapshotRequest(consumer);
        feed.offerSnapshot(0, List.of(port(1)), READY);
        pollAll(feed);
        for (int i = 0; i < 4; i++) {
            feed.offer(0, event(i));
        }

        assertThat(feed.overflows()).isEqualTo(1);
        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.isFollowed(0)).isFalse();
        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
        feed.offerSnapshot(0, List.of(port(9)), READY);
        assertThat(pollAll(feed).getFirst().getSnapshot().getPart()).isEqualTo(port(9));
    }

    @Test
    void laterConsumerEndsTheEarlierOne() {
        var later = new RecordingConsumer();
        feed.subscribe(consumer);
        feed.subscribe(later);
        feed.takeSnapshotRequest(later);
        feed.offerSnapshot(0, List.of(port(1)), READY);

        assertThat(consumer.replaced).isTrue();
        assertThat(feed.poll(consumer)).isEmpty();
        assertThat(feed.poll(later)).isPresent();
        feed.unsubscribe(consumer);
        assertThat(feed.isFollowed(0)).isTrue();
    }

    @Test
    void requestThatCouldNotBeDeliveredIsTakenAgain() {
        feed.subscribe(consumer);
        feed.takeSnapshotRequest(consumer);

        feed.returnSnapshotRequest();

        assertThat(feed.takeSnapshotRequest(consumer)).isTrue();
    }

    /// Otherwise a shard would take for told what nobody has heard.
    @Test
    void snapshotThatNobodyWaitsForIsRefused() {
        assertThat(feed.offerSnapshot(0, List.of(port(1)), READY)).isFalse();
        feed.subscribe(consumer);
        assertThat(feed.offerSnapshot(0, List.of(port(1)), READY)).isTrue();

        assertThat(feed.offerSnapshot(0, List.of(port(2)), READY)).isFalse();

        assertThat(pollAll(feed)).hasSize(2);
    }

    @Test
    void snapshotIsCompleteWhenEveryShardHasGivenItsPart() {
        var two = new EventFeed(EPOCH, 3, 2);
        two.subscribe(consumer);

        two.offerSnapshot(1, List.of(port(10), port(11)), READY);
        two.offer(1, event(3));
        two.offer(0, event(4));
        assertThat(two.poll(consumer)).as("shard 0 is awaited").isEmpty();
        assertThat(two.isFollowed(1)).isTrue();
        assertThat(two.isFollowed(0)).isFalse();
        assertThat(two.offerSnapshot(1, List.of(port(12)), READY)).as("again").isFalse();
        two.offerSnapshot(0, List.of(port(20)), READY);

        var events = pollAll(two);
        var chunks = events.stream().filter(Event::hasSnapshot).map(Event::getSnapshot).toList();
        assertThat(chunks).extracting(c -> c.getPart().getUdpPort()).containsExactly(20, 10, 11);
        assertThat(chunks).extracting(c -> c.getFirst()).containsExactly(true, false, false);
        assertThat(chunks).extracting(c -> c.getLast()).containsExactly(false, false, true);
        assertThat(events.get(3).getStatus().getConnections()).isEqualTo(6);
        assertThat(events.subList(4, events.size())).containsExactly(event(3));
    }

    @Test
    void backlogThatOverflowsWhileAShardIsAwaitedBeginsAnew() {
        var two = new EventFeed(EPOCH, 3, 2);
        two.subscribe(consumer);
        two.takeSnapshotRequest(consumer);
        two.offerSnapshot(1, List.of(port(10)), READY);
        for (int i = 0; i < 4; i++) {
            two.offer(1, event(i));
        }

        assertThat(two.overflows()).isEqualTo(1);
        assertThat(two.isFollowed(1)).isFalse();
        assertThat(two.takeSnapshotRequest(consumer)).isTrue();
    }

    @Test
    void faultOfTheHostIsToldOnceAndToLaterConsumers() {
        var one = new EventFeed(EPOCH, 3, 1);
        one.offerHostFault("IPv4 is not forwarded");
        one.subscribe(consumer);
        one.offerSnapshot(0, List.of(port(1)), READY);
        assertThat(pollAll(one).getLast().getStatus().getHostFault())
                .isEqualTo("IPv4 is not forwarded");

        one.offerHostFault("IPv4 is not forwarded");
        assertThat(one.poll(consumer)).as("nothing has changed").isEmpty();
        one.offerHostFault("");

        assertThat(pollAll(one).getFirst().getStatus().getHostFault()).isEmpty();
    }

    @Test
    void statusIsToldWhenThatOfAllTogetherChanges() {
        var two = new EventFeed(EPOCH, 3, 2);
        two.subscribe(consumer);
        two.offerSnapshot(0, List.of(port(1)), READY);
        two.offerSnapshot(1, List.of(port(2)), READY);
        pollAll(two);

        two.offerStatus(0, READY);
        assertThat(two.poll(consumer)).as("nothing has changed").isEmpty();
        two.offerStatus(1, new ShardStatus(true, true, 2, 0, 3, false));
        assertThat(pollAll(two).getFirst().getStatus().getTunUp()).isTrue();
        two.offerStatus(0, new ShardStatus(true, false, 2, 1, 3, true));

        var status = pollAll(two).getFirst().getStatus();
        assertThat(status.getTunUp()).isFalse();
        assertThat(status.getRelaysAllocated()).isEqualTo(1);
        assertThat(status.getConnections()).isEqualTo(6);
        assertThat(status.getDraining()).isTrue();
    }

    private List<Event> pollAll(EventFeed from) {
        var events = new ArrayList<Event>();
        for (var next = from.poll(consumer); next.isPresent(); next = from.poll(consumer)) {
            events.add(next.get());
        }
        return events;
    }

    private static Snapshot port(int port) {
        return Snapshot.newBuilder().setUdpPort(port).build();
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
