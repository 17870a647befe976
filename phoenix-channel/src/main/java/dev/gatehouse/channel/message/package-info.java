/// What travels in the frames' payloads, portal-channel.md sections 3, 4, 5 and 9.4.
///
/// Unknown fields are ignored. A missing field, an unknown enum value or a malformed id, address or
/// key makes the whole message an [dev.gatehouse.channel.message.Ignored]; where the specification
/// says that list elements are decoded one by one, only the element is skipped.
package dev.gatehouse.channel.message;
