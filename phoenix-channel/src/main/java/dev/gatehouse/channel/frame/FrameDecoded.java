package dev.gatehouse.channel.frame;

/// What a text frame turned out to be.
public sealed interface FrameDecoded permits Frame, Frame.Rejected {}
