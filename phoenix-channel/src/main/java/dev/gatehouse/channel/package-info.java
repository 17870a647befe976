/// The Phoenix channel between a portal and its peers, portal-channel.md sections 1 and 2. Here is
/// only what all rooms share: the roles of peers, their versions, and secrets.
package dev.gatehouse.channel;
