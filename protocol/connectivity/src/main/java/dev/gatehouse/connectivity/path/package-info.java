/// How bytes leave: directly or through a relay, in runs for segmentation offload; the relays in
/// use, and why something was dropped. Knows no peer. Begin at [Path] and [Outbox].
package dev.gatehouse.connectivity.path;
