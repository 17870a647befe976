package dev.gatehouse.transport.udp;

/// What became of a batch of datagrams handed to [UdpSocket#send].
public enum SendOutcome {
    SENT,
    /// Waits for room in the kernel's buffer: call [UdpSocket#flush] when the socket is writable.
    QUEUED,
    /// Lost; the counters say why.
    DROPPED
}
