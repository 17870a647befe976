package dev.gatehouse.transport.tun;

/// What a [LinuxTun] counts.
public enum TunCounter {
    READ_PACKETS,
    READ_BYTES,
    /// Packets longer than the MTU.
    READ_TOO_LONG,
    READ_ERRORS,
    /// Reads that brought more than one packet.
    READ_JOINED,
    /// Reads with a virtio header that makes no sense.
    READ_NOT_UNDERSTOOD,
    WRITTEN_PACKETS,
    WRITTEN_BYTES,
    /// Writes that held more than one packet.
    WRITTEN_JOINED,
    /// Packets longer than the MTU.
    WRITE_TOO_LONG,
    /// Packets dropped because the interface is down.
    WRITE_LINK_DOWN,
    /// Packets dropped because the kernel had no room.
    WRITE_NO_ROOM,
    /// Packets that the kernel did not understand.
    WRITE_REFUSED
}
