/// The administrator's HTTP API: who may ask, what is listed, what is changed. May use the
/// loop, the store and the hub's questions. Begin at `ApiListener`.
package dev.gatehouse.portal.api;
