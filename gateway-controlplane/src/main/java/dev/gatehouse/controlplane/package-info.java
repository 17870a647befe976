/// The control plane's process: portal channel, token, the link to the data plane, probes of the
/// pair. Uses `flow` for every decision. Begin at [Controlplane].
package dev.gatehouse.controlplane;
