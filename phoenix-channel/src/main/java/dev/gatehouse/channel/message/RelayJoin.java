package dev.gatehouse.channel.message;

import dev.gatehouse.channel.Secret;
import dev.gatehouse.channel.message.part.Ids;

/// The join payload of a relay, portal-channel.md section 5.
///
/// @param stampSecret 64 hex characters; the text is the secret
public record RelayJoin(Secret stampSecret) {
    public RelayJoin {
        Ids.require(stampSecret, "stamp_secret");
    }
}
