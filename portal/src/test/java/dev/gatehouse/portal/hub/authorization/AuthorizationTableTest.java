package dev.gatehouse.portal.hub.authorization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.hub.channel.Outbox;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.HubAction;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the store hears, and what becomes of what it remembers.
class AuthorizationTableTest {
    private final Outbox outbox = new Outbox();

    @Test
    void theStoreHasTheNewOneBeforeItForgetsTheOldOne() {
        var table = new AuthorizationTable(List.of(), outbox);
        table.put(authorization("old", 1));
        table.put(authorization("new", 2));

        assertThat(actions())
                .containsExactly(
                        new HubAction.SaveAuthorization(authorization("old", 1)),
                        new HubAction.SaveAuthorization(authorization("new", 2)),
                        new HubAction.DeleteAuthorization("old"));
    }

    @Test
    void ofTwoThatAreStoredTheNewerStands() {
        var stored = List.of(authorization("a", 2), authorization("b", 1));

        var table = new AuthorizationTable(stored, outbox);

        assertThat(table.all()).containsExactly(authorization("a", 2));
        assertThat(actions()).containsExactly(new HubAction.DeleteAuthorization("b"));
    }

    private List<HubAction> actions() {
        var actions = new ArrayList<HubAction>();
        for (var action = outbox.poll(); action != null; action = outbox.poll()) {
            actions.add(action);
        }
        return actions;
    }

    private static Authorization authorization(String id, long createdAt) {
        return new Authorization(
                id,
                "client",
                "gateway",
                "resource",
                "",
                "policy",
                "token",
                "actor",
                "site",
                createdAt,
                0);
    }
}
