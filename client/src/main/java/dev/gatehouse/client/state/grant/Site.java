package dev.gatehouse.client.state.grant;

/// A group of gateways that serve the same resources.
public record Site(String id, String name) {}
