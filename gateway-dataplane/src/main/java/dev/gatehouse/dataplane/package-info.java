/// The data plane process, put together: command line, wiring, probes and metrics. May use every
/// room below; none uses it. Begin at [DataplaneProcess].
package dev.gatehouse.dataplane;
