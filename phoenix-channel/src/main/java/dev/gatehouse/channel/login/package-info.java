/// What a peer says of itself when it dials: the URL with token, id, name and version, the
/// `user-agent`, and the device's lasting id.
package dev.gatehouse.channel.login;
