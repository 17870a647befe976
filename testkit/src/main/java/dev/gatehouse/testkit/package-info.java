/// What tests of several modules share: a simulated network, choices from bytes, packets, rules.
package dev.gatehouse.testkit;
