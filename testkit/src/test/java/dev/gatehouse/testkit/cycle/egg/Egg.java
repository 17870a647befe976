package dev.gatehouse.testkit.cycle.egg;

import dev.gatehouse.testkit.cycle.hen.Hen;

/// Half of a cycle of two packages, for the test that notices it.
public record Egg(Hen hen) {}
