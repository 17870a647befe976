package dev.gatehouse.relay.server.allocation;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.Transmit;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The actions of one input, in order. Grows to what one input can cause, then allocates nothing.
public final class ActionQueue {
    private final List<RelayAction> actions = new ArrayList<>();
    private final List<RelayAction.Send> pool = new ArrayList<>();
    private int next;
    private int pooled;

    public void add(RelayAction action) {
        actions.add(action);
    }

    public void addReply(byte[] message, Endpoint local, Endpoint remote) {
        var transmit = addSend();
        transmit.path(local, remote);
        transmit.content(ByteBuffer.wrap(message), 0, message.length, message.length, 0);
    }

    /// Appends a [RelayAction.Send] and returns its content for the caller to fill.
    public Transmit addSend() {
        if (pooled == pool.size()) {
            pool.add(new RelayAction.Send(new Transmit()));
        }
        var send = pool.get(pooled++);
        actions.add(send);
        return send.datagrams();
    }

    /// The next action, or null when drained; what was handed out before is then reused.
    public RelayAction poll() {
        if (next == actions.size()) {
            actions.clear();
            next = 0;
            pooled = 0;
            return null;
        }
        return actions.get(next++);
    }

    /// Takes back what is not yet handed out of `allocation`: its ports to open, and what goes to
    /// its client.
    public void withdraw(Allocation allocation) {
        actions.subList(next, actions.size())
                .removeIf(
                        action ->
                                switch (action) {
                                    case RelayAction.Send(var datagrams) ->
                                            datagrams.remote().equals(allocation.client);
                                    case RelayAction.OpenPort(int port, _) ->
                                            port == allocation.port;
                                    case RelayAction.ClosePort _ -> false;
                                });
    }

    public boolean isDrained() {
        return actions.isEmpty();
    }
}
