package dev.gatehouse.controlplane.flow;

import dev.gatehouse.channel.message.GatewayToPortal;
import dev.gatehouse.rpc.Snapshot;
import java.util.List;

/// What a [GatewayFlow] asks of its shell.
public sealed interface FlowAction {
    /// Hand the snapshot over, then call [GatewayFlow#handleResumed].
    record Resume(long epoch, List<Snapshot> parts) implements FlowAction {}

    record OpenEvents(long epoch) implements FlowAction {}

    /// One at a time: the next comes after [GatewayFlow#handleCommandDone].
    record Execute(long epoch, Command command) implements FlowAction {}

    record SendToPortal(GatewayToPortal message) implements FlowAction {}

    /// (Re)connect to the portal under this public key, base64.
    record LogIn(String publicKey) implements FlowAction {}

    record ReconnectPortal(String reason) implements FlowAction {}
}
