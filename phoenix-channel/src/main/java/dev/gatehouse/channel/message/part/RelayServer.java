package dev.gatehouse.channel.message.part;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.List;

/// A relay with all its addresses: what [RelayEntry#merge] makes of a message's entries.
public record RelayServer(String id, List<Endpoint> addresses, String username, Secret password) {
    public RelayServer {
        addresses = List.copyOf(addresses);
    }

    static RelayServer of(RelayEntry.Turn entry) {
        return new RelayServer(
                entry.id(), List.of(entry.addr()), entry.username(), entry.password());
    }

    RelayServer plus(Endpoint address) {
        var all = new ArrayList<>(addresses);
        all.add(address);
        return new RelayServer(id, all, username, password);
    }
}
