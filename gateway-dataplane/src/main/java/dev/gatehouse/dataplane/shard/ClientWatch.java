package dev.gatehouse.dataplane.shard;

import dev.gatehouse.wire.IpAddress;

/// Hears from a shard who is there. Called on the shard's thread, never for a packet; must not
/// block.
public interface ClientWatch {
    /// The one of a shard that is alone.
    ClientWatch NONE =
            new ClientWatch() {
                @Override
                public void arrived(String clientId, IpAddress v4, IpAddress v6) {}

                @Override
                public void gone(String clientId) {}
            };

    /// The shard serves a client at these tunnel addresses; told again at each authorization.
    void arrived(String clientId, IpAddress v4, IpAddress v6);

    void gone(String clientId);
}
