/// Programs of others on the other end: coturn as the relay, wireguard-go as a peer. Begin at
/// [WireGuardGoIT].
package dev.gatehouse.systemtests.peers;
