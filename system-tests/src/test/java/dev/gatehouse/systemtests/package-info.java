/// Real processes of the build, with real peers, in namespaces of their own; a folder each by
/// what is asked of them. What all of them stand on is `site`.
package dev.gatehouse.systemtests;
