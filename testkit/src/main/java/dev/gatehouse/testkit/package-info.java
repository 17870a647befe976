/// What the tests of several modules share: a network in virtual time, choices from bytes,
/// packets, waits for conditions, and the laws of the source. Knows `wire` and test libraries
/// alone. Begin at [SimNetwork] and [GatehouseArchRules].
package dev.gatehouse.testkit;
