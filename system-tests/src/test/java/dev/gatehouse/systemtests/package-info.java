/// Real processes of the build, with real peers, in namespaces of their own.
package dev.gatehouse.systemtests;
