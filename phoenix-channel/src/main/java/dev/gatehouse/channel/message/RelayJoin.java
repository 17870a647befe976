package dev.gatehouse.channel.message;

/// The join payload of a relay, portal-channel.md section 5.
///
/// @param stampSecret 64 hex characters; the text is the secret
public record RelayJoin(Secret stampSecret) {
    public RelayJoin {
        Ids.require(stampSecret, "stamp_secret");
    }
}
