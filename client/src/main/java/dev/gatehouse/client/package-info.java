/// The client process: command line, settings, and what starts and wires the rooms below it.
/// Begin at [ClientCommand] and `ClientProcess`; what is decided is decided in `state`, on the
/// thread of `loop`.
package dev.gatehouse.client;
