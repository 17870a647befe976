/// Which gateway serves which resource: what was asked of the portal and when, what waits for
/// it, what gateways were allowed and told. Knows nothing of DNS messages. Begin at
/// [FlowTable].
package dev.gatehouse.client.state.flow;
