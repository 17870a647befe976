/// What becomes of DNS queries: answered by the stub or from the cache, sent to a server past
/// the tunnel or through it, held until a site has told. Uses names, routes and flows. Begin at
/// [SentinelQueries].
package dev.gatehouse.client.state.dns;
