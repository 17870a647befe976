package dev.gatehouse.portal;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.portal",
                """
                . -> api command config directory hub hub.admission listener loop state store
                api -> directory hub hub.session loop state store
                command -> api config directory store token
                config -> directory policy token
                directory ->
                hub -> directory hub.admission hub.audit hub.authorization hub.channel \
                       hub.device hub.limit hub.relay hub.session state token
                hub.admission -> directory hub.device hub.session policy state token
                hub.audit -> directory hub.channel hub.session state
                hub.authorization -> directory hub.audit hub.channel hub.limit hub.session policy \
                       state token
                hub.channel -> directory hub.session state
                hub.device -> directory hub.audit hub.channel hub.session state
                hub.limit -> state
                hub.relay -> directory hub.channel hub.session policy state token
                hub.session -> directory hub.limit policy state
                listener -> hub hub.admission hub.session loop policy state
                loop -> hub hub.admission hub.limit hub.session state store
                policy -> directory
                state -> directory token
                store -> directory state
                token ->
                """);
    }
}
