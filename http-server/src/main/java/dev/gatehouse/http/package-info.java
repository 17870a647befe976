/// HTTP listeners that strangers can reach: each connection is judged as it is accepted, before
/// TLS, and each request has its time. Begin at [HttpListeners].
package dev.gatehouse.http;
