/// The four messages by their first bytes, the numbers of the paper's section 6.1, and what can
/// become of a message: accepted, or dropped and counted. Use nothing of the module. Begin at
/// [MessageType].
package dev.gatehouse.wireguard.message;
