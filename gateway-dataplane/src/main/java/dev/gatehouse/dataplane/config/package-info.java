/// The settings of one data plane process, checked. Uses the names of tunnels of `host` only. Begin
/// at [DataplaneConfig].
package dev.gatehouse.dataplane.config;
