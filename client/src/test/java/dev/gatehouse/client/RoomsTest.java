package dev.gatehouse.client;

import dev.gatehouse.testkit.Rooms;
import org.junit.jupiter.api.Test;

class RoomsTest {
    @Test
    void thePackagesAndTheirArrowsAreAsTheMapSays() {
        Rooms.check(
                "dev.gatehouse.client",
                """
                . -> dns host loop marked portal resolver status
                dns -> marked state.boundary state.name
                host -> resolver state.boundary
                loop -> dns host resolver state state.boundary state.grant status
                marked ->
                portal -> loop state.grant
                resolver -> state.name
                state -> state.boundary state.dns state.flow state.grant state.name state.route
                state.boundary -> state.grant
                state.dns -> state.boundary state.flow state.grant state.name state.route
                state.flow -> state.boundary state.grant state.name
                state.grant ->
                state.name -> state.grant
                state.route -> state.flow state.grant state.name
                status ->
                """);
    }
}
