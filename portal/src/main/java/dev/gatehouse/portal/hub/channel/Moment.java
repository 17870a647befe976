package dev.gatehouse.portal.hub.channel;

/// One instant on both scales: ns since the process started, and unix seconds.
public record Moment(long nowNs, long unixSeconds) {}
