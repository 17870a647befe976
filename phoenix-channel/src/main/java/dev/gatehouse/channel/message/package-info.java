/// What travels in the frames' payloads, portal-channel.md sections 3, 4, 5 and 9.4: a sealed type
/// for each direction. Knows frames and versions, no network. Start with `PortalToGateway`.
///
/// Unknown fields are ignored. A missing field, unknown enum value or malformed id, address or key
/// makes the message an [dev.gatehouse.channel.message.Ignored]; where the specification says that
/// list elements are decoded one by one, only the element is skipped.
package dev.gatehouse.channel.message;
