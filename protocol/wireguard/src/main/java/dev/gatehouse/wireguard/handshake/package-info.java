/// From an initiation to the keys of a session: Noise_IKpsk2, macs and cookies, and the gate
/// before both that keeps a flood cheap. Uses `key`, `message` and `crypto`. Begin at
/// [PendingHandshake] (ours) and [ReceivedInitiation] (theirs).
package dev.gatehouse.wireguard.handshake;
