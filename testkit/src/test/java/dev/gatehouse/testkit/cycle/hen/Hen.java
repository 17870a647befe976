package dev.gatehouse.testkit.cycle.hen;

import dev.gatehouse.testkit.cycle.egg.Egg;

/// Half of a cycle of two packages, for the test that notices it.
public record Hen(Egg egg) {}
