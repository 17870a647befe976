/// Adapts the portal's channel to the loop: messages become commands, candidates wait while it
/// is away. Begin at [PortalConnection].
package dev.gatehouse.client.portal;
