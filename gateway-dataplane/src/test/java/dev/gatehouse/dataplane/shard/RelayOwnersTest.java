package dev.gatehouse.dataplane.shard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.rpc.Relay;
import dev.gatehouse.rpc.UpdateRelaysRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayOwnersTest {
    private final RelayOwners owners = new RelayOwners(2);

    @Test
    void eachRelayGoesToOneShard() {
        assertThat(divide(List.of(), "a", "b", "c"))
                .containsExactly(List.of("a", "c"), List.of("b"));
        assertThat(divide(List.of(), "d", "a")).containsExactly(List.of("a"), List.of("d"));
    }

    @Test
    void relayThatIsGoneMakesRoomAndEveryShardHears() {
        divide(List.of(), "a", "b");
        var request = UpdateRelaysRequest.newBuilder().addRemovedIds("a").build();

        assertThat(owners.divide(request))
                .allSatisfy(part -> assertThat(part.getRemovedIdsList()).containsExactly("a"));

        assertThat(divide(List.of("unknown"), "c")).containsExactly(List.of("c"), List.of());
    }

    @Test
    void resumedRelayStaysWhereItsAllocationIs() {
        owners.restore(1, "a");
        owners.restore(0, "a");

        assertThat(divide(List.of(), "a", "b")).containsExactly(List.of("b"), List.of("a"));
    }

    private List<List<String>> divide(List<String> removed, String... relays) {
        var request = UpdateRelaysRequest.newBuilder().addAllRemovedIds(removed);
        for (var id : relays) {
            request.addRelays(Relay.newBuilder().setId(id));
        }
        return owners.divide(request.build()).stream()
                .map(part -> part.getRelaysList().stream().map(Relay::getId).toList())
                .toList();
    }
}
