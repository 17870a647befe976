package dev.gatehouse.portal.hub.session;

import dev.gatehouse.portal.hub.limit.Limit;
import java.util.ArrayDeque;
import java.util.Queue;

/// What one session sent and nobody has looked at yet. A session that fills it is not read until
/// it is half empty: the sender's own TCP connection holds the rest.
final class Inbox {
    /// More than any peer sends at once without waiting for an answer.
    private static final int MESSAGES_MAX = 256;

    private static final int LENGTH_MAX = 4 * Limit.MESSAGE_LENGTH_MAX;

    private final Queue<String> texts = new ArrayDeque<>();
    private int length;
    private boolean full;

    /// Returns true if reading must stop with this one.
    boolean add(String text) {
        texts.add(text);
        length += text.length();
        boolean fills = !full && (texts.size() >= MESSAGES_MAX || length >= LENGTH_MAX);
        full |= fills;
        return fills;
    }

    /// Returns null if there is none.
    String poll() {
        String text = texts.poll();
        length -= text == null ? 0 : text.length();
        return text;
    }

    /// Returns true once when reading may go on.
    boolean hasRoomAgain() {
        boolean again = full && texts.size() <= MESSAGES_MAX / 2 && length <= LENGTH_MAX / 2;
        full &= !again;
        return again;
    }

    boolean isEmpty() {
        return texts.isEmpty();
    }
}
