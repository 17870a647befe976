/// The portal's state machine, without sockets, clocks or threads: upgrades, frames and changes
/// of the directory go in, actions come out. Here it is wired; its rooms, from the bottom up:
/// `limit`, `session`, `channel`, `audit`, `authorization`, `relay`, `device`, `admission`.
/// Begin at `PortalHub`.
package dev.gatehouse.portal.hub;
