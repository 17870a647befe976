/// What passes between the state and the process around it, besides what the portal grants:
/// events, tunnels, DNS messages, what is shown to the user. Values only; uses `grant`.
package dev.gatehouse.client.state.boundary;
