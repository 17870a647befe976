/// STUN and TURN messages as bytes: RFC 8489, RFC 8656, RFC 8445. Pure: no clock, no socket;
/// knows `wire`. Begin at [StunMessage] (reads) and [StunWriter] (writes).
package dev.gatehouse.stun;
