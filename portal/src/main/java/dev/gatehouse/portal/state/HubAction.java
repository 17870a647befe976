package dev.gatehouse.portal.state;

import com.fasterxml.jackson.databind.node.ObjectNode;

/// Everything the hub may ask of its shell, in the order in which it must happen.
public sealed interface HubAction {
    /// Sends one text frame.
    record Send(long sessionId, ObjectNode frame, Urgency urgency) implements HubAction {}

    /// What becomes of a frame for a peer that reads slowly.
    enum Urgency {
        /// It waits; a peer with too much of it is cut off and starts anew.
        STATE,
        /// It is dropped: peers say it again.
        CHATTER
    }

    /// Goes on reading from the WebSocket, see `PortalHub.offer`.
    record Resume(long sessionId) implements HubAction {}

    /// Closes the WebSocket after what was sent before.
    record Close(long sessionId, String reason) implements HubAction {}

    record SaveDevice(Device device) implements HubAction {}

    /// The device has not been seen for long, and nothing else knows it.
    record DeleteDevice(String id) implements HubAction {}

    record SaveAuthorization(Authorization authorization) implements HubAction {}

    record DeleteAuthorization(String id) implements HubAction {}

    record SaveBlock(Block block) implements HubAction {}

    record DeleteBlock(Block block) implements HubAction {}

    /// Remembers whether an administrator disabled the resource.
    record SaveDisabled(String resourceId, boolean disabled) implements HubAction {}

    record TokenUsed(String tokenId, long at) implements HubAction {}

    record Audit(AuditEvent event) implements HubAction {}

    /// Writes a line of the log.
    record Report(String sentence) implements HubAction {}
}
