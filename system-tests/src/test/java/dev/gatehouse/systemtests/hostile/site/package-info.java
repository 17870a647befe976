/// The site that bad peers are let loose on, the honest user beside them, and what is measured.
/// Knows no attack. Begin at [HostileSite].
package dev.gatehouse.systemtests.hostile.site;
