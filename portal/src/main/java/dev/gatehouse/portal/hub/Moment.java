package dev.gatehouse.portal.hub;

/// One instant on both scales: ns since the process started, and unix seconds.
record Moment(long nowNs, long unixSeconds) {}
