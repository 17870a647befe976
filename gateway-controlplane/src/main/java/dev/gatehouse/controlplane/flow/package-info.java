/// What portal messages mean for the data plane and the other way round, in which order commands
/// leave, and the copy of the data plane's state. Pure: no clock, no socket. Begin at
/// [GatewayFlow].
package dev.gatehouse.controlplane.flow;
