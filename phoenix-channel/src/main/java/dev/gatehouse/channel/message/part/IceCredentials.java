package dev.gatehouse.channel.message.part;

import dev.gatehouse.channel.Secret;

/// The ICE user name fragment and password of one side, made by the portal (portal-channel.md 7.6).
public record IceCredentials(String username, Secret password) {
    public IceCredentials {
        Ids.require(username, "username");
        Ids.require(password, "password");
    }
}
