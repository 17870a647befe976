/// The bad peers and the inputs they send, by role. Uses the addresses that `hostile.site` gives
/// them. Begin at [Attacker] and [Input].
package dev.gatehouse.systemtests.hostile.attack;
