/// Long-term credentials, relay.md 7: nonces, user names, keys, and the order in which a request is
/// checked. Start reading at `Authenticator`.
package dev.gatehouse.relay.server.login;
