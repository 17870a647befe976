/// The totals a relay counts, by reason and by method and outcome. Uses nothing; metrics and log
/// lines are made of it outside. Start reading at `RelayCounter`.
package dev.gatehouse.relay.server.statistics;
