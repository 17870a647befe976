/// Where a peer is let in or sent away: its token, its parameters, and whether there is a
/// place. May use `device` and `session`. Begin at `Admissions`.
package dev.gatehouse.portal.hub.admission;
