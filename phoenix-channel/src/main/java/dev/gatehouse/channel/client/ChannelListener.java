package dev.gatehouse.channel.client;

import com.fasterxml.jackson.databind.JsonNode;

/// Who is told what happens on a [PhoenixClient]'s channel; called on its one event loop thread.
public interface ChannelListener {
    /// The portal acknowledged the join; its `init` follows as a message.
    void onJoined();

    void onMessage(String event, JsonNode payload);

    /// The channel is down or an attempt failed; the client tries again by itself.
    void onDisconnected(String reason);

    /// The client has given up for good: a refused token, an untrusted certificate, no budget left.
    void onFatal(String reason);
}
