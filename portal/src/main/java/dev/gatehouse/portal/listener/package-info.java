/// Where peers come in over HTTP: upgrades, probes, metrics, and where a request comes from.
/// May use the loop. Begin at `PublicListener`.
package dev.gatehouse.portal.listener;
