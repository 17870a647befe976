/// What belongs to one peer beside its ICE agent and tunnel: packets that wait, what it may ask
/// for, the phase it is in, what is told again. Uses `path`. Begin at [State].
package dev.gatehouse.connectivity.peer;
