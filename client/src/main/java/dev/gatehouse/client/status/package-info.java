/// What `gatehouse client status` shows, and the socket over which it asks the client that
/// runs. Uses no other room: whoever starts the server says how a status is had. Begin at
/// [ClientStatus].
package dev.gatehouse.client.status;
