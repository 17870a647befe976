package dev.gatehouse.connectivity;

import java.util.ArrayList;
import java.util.List;

/// Connections ordered by their next deadline: a binary heap in which an element can move.
///
/// Every packet puts its connection's deadline off. To move the connection each time would touch a
/// dozen others, so a deadline that is put off stays where it is until it comes up for being the
/// earliest: what is kept for each is a lower bound, exact for the first. Allocates nothing but on
/// growth.
final class DeadlineHeap {
    static final long NEVER = Long.MAX_VALUE;

    private final List<Connection> heap = new ArrayList<>();
    private long[] deadlines = new long[16];

    /// Adds the connection or puts it in its place after its deadline changed.
    void update(Connection connection) {
        int i = connection.heapIndex;
        if (i < 0) {
            i = heap.size();
            heap.add(connection);
            if (i == deadlines.length) {
                deadlines = java.util.Arrays.copyOf(deadlines, 2 * i);
            }
            connection.heapIndex = i;
            deadlines[i] = NEVER;
        }
        long deadline = connection.deadlineNs();
        if (deadline < deadlines[i]) {
            deadlines[i] = deadline;
            siftUp(i);
        }
        settleFirst();
    }

    /// Makes the first one's deadline exact, and thereby the first the earliest.
    private void settleFirst() {
        while (!heap.isEmpty() && deadlines[0] != heap.getFirst().deadlineNs()) {
            deadlines[0] = heap.getFirst().deadlineNs();
            siftDown(0);
        }
    }

    void remove(Connection connection) {
        int i = connection.heapIndex;
        if (i < 0) {
            return;
        }
        int last = heap.size() - 1;
        swap(i, last);
        heap.removeLast();
        connection.heapIndex = -1;
        if (i < last) {
            siftUp(i);
            siftDown(i);
        }
        settleFirst();
    }

    /// The earliest deadline, or [#NEVER].
    long nextNs() {
        return heap.isEmpty() ? NEVER : deadlines[0];
    }

    /// All that are due, earliest first; they stay in the heap.
    List<Connection> due(long nowNs) {
        var due = new ArrayList<Connection>();
        collectDue(0, nowNs, due);
        due.sort(
                java.util.Comparator.comparingLong(Connection::deadlineNs)
                        .thenComparing(Connection::peerId));
        return due;
    }

    /// Leaves out what is below a later one: the cost is that of those that may be due.
    private void collectDue(int i, long nowNs, List<Connection> due) {
        if (i >= heap.size() || deadlines[i] > nowNs) {
            return;
        }
        if (heap.get(i).deadlineNs() <= nowNs) {
            due.add(heap.get(i));
        }
        collectDue(2 * i + 1, nowNs, due);
        collectDue(2 * i + 2, nowNs, due);
    }

    private void siftUp(int start) {
        int i = start;
        while (i > 0 && deadlines[i] < deadlines[(i - 1) / 2]) {
            swap(i, (i - 1) / 2);
            i = (i - 1) / 2;
        }
    }

    private void siftDown(int start) {
        int i = start;
        while (true) {
            int smallest = i;
            for (int child = 2 * i + 1; child <= 2 * i + 2 && child < heap.size(); child++) {
                smallest = deadlines[child] < deadlines[smallest] ? child : smallest;
            }
            if (smallest == i) {
                return;
            }
            swap(i, smallest);
            i = smallest;
        }
    }

    private void swap(int a, int b) {
        var connection = heap.get(a);
        heap.set(a, heap.get(b));
        heap.set(b, connection);
        long deadline = deadlines[a];
        deadlines[a] = deadlines[b];
        deadlines[b] = deadline;
        heap.get(a).heapIndex = a;
        heap.get(b).heapIndex = b;
    }
}
