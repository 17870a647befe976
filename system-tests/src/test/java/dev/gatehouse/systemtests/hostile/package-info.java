/// What bad peers do, role by role, beside an honest client whose pings, flows and downloads are
/// measured: one bad peer must never be everybody's problem. Begin at [HostileClientIT], then
/// [Trial].
package dev.gatehouse.systemtests.hostile;
