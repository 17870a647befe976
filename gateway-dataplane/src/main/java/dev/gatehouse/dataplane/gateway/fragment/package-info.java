/// Datagrams in pieces: what was decided about the first piece counts for the others (RFC 1858, RFC
/// 3128). Pure; keeps a translation of `nat` with a datagram, but decides nothing. Begin at
/// [FragmentTable].
package dev.gatehouse.dataplane.gateway.fragment;
