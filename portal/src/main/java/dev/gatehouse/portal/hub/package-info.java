/// The portal's state machine, without sockets, clocks or threads: upgrades, frames and changes of
/// the directory go in, actions come out. Start reading at [PortalHub].
package dev.gatehouse.portal.hub;
