/// What portal messages mean for the data plane and the other way round. Pure: no clock, no socket.
package dev.gatehouse.controlplane.flow;
