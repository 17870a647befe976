package dev.gatehouse.channel.message.part;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.gatehouse.channel.Secret;
import dev.gatehouse.wire.Endpoint;
import java.util.ArrayList;
import java.util.List;

/// One address of a relay, portal-channel.md 3.2. A dual-stack relay is two adjacent entries.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = RelayEntry.Turn.class, name = "turn"),
    @JsonSubTypes.Type(value = RelayEntry.Stun.class, name = "stun")
})
public sealed interface RelayEntry {
    String id();

    Endpoint addr();

    /// @param expiresAt unix seconds, informative
    record Turn(
            String id,
            Endpoint addr,
            String username,
            Secret password,
            @JsonProperty(required = true) long expiresAt)
            implements RelayEntry {
        public Turn {
            id = Ids.uuid(id);
            Ids.require(addr, "addr");
            Ids.require(username, "username");
            Ids.require(password, "password");
        }
    }

    /// Accepted and not used.
    record Stun(String id, Endpoint addr) implements RelayEntry {
        public Stun {
            id = Ids.uuid(id);
            Ids.require(addr, "addr");
        }
    }

    /// Merges adjacent TURN entries of one id; STUN entries are left out.
    static List<RelayServer> merge(List<RelayEntry> entries) {
        var servers = new ArrayList<RelayServer>();
        for (var entry : entries) {
            if (entry instanceof Turn turn) {
                var last = servers.isEmpty() ? null : servers.getLast();
                if (last != null && last.id().equals(turn.id())) {
                    servers.set(servers.size() - 1, last.plus(turn.addr()));
                } else {
                    servers.add(RelayServer.of(turn));
                }
            }
        }
        return List.copyOf(servers);
    }
}
