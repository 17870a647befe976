package dev.gatehouse.relay.server;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The commands of one input, in order. Grows to what one input can cause, then allocates nothing.
final class CommandQueue {
    private final List<RelayCommand> commands = new ArrayList<>();
    private final List<RelayCommand.Send> pool = new ArrayList<>();
    private int next;
    private int pooled;

    void add(RelayCommand command) {
        commands.add(command);
    }

    void addReply(byte[] message, Endpoint local, Endpoint remote) {
        var transmit = addSend();
        transmit.path(local, remote);
        transmit.content(ByteBuffer.wrap(message), 0, message.length, message.length, 0);
    }

    /// Appends a [RelayCommand.Send] and returns its content for the caller to fill.
    Transmit addSend() {
        if (pooled == pool.size()) {
            pool.add(new RelayCommand.Send(new Transmit()));
        }
        var send = pool.get(pooled++);
        commands.add(send);
        return send.datagrams();
    }

    /// The next command, or null when drained; what was handed out before is then reused.
    RelayCommand poll() {
        if (next == commands.size()) {
            commands.clear();
            next = 0;
            pooled = 0;
            return null;
        }
        return commands.get(next++);
    }

    boolean isDrained() {
        return commands.isEmpty();
    }
}
