/// Starts, mistakes in settings, restarts, losses of the portal, ends, a full heap, clients moved
/// between shards. Begin at [LifecycleIT].
package dev.gatehouse.systemtests.life;
