/// The keys of a peer: they never print, compare in constant time, wipe on close. Use nothing of
/// the module. Begin at [KeyPair].
package dev.gatehouse.wireguard.key;
