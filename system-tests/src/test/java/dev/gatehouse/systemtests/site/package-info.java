/// What system tests stand on: namespaces, programs of the build, a small site with client,
/// gateway, relay and portal, ends of transfers. Knows no test. Begin at [Sandbox] and
/// [SmallSite].
package dev.gatehouse.systemtests.site;
