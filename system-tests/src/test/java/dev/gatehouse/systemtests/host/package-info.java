/// What processes do to the host they run on, and what others do to it: routes, rules, resolver,
/// settings. Begin at [GatewayHostIT].
package dev.gatehouse.systemtests.host;
