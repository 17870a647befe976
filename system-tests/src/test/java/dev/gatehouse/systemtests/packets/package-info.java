/// Packets on their way: families, sizes, fragments, offloads, names, what is refused, paths that
/// are lost. Begin at [FamiliesIT].
package dev.gatehouse.systemtests.packets;
