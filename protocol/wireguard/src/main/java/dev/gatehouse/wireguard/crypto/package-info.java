/// ChaCha20-Poly1305 for data packets, in batches: one interface, several implementations that are
/// checked against each other. The only package of the module that calls foreign functions.
package dev.gatehouse.wireguard.crypto;
