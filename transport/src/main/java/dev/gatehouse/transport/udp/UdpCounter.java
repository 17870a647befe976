package dev.gatehouse.transport.udp;

/// What a [UdpSocket] counts.
public enum UdpCounter {
    RECEIVED_BATCHES,
    RECEIVED_DATAGRAMS,
    RECEIVED_BYTES,
    /// Datagrams longer than [UdpConfig#datagramLengthMax], or cut by the kernel.
    RECEIVED_TOO_LONG,
    RECEIVED_EMPTY,
    /// Datagrams whose destination address the kernel did not tell.
    RECEIVED_WITHOUT_DESTINATION,
    /// Datagrams that came coalesced beyond the places of the batch.
    RECEIVED_BEYOND_BATCH,
    /// Batches that arrived in fragments: they are longer than the MTU of their way.
    RECEIVED_FRAGMENTED,
    RECEIVE_ERRORS,
    SENT_BATCHES,
    SENT_DATAGRAMS,
    SENT_BYTES,
    /// Batches that waited for room in the socket's buffer.
    SEND_QUEUED,
    /// Datagrams dropped because the waiting queue was full.
    SEND_QUEUE_FULL,
    /// Datagrams to a network or host that cannot be reached, or from an address not ours.
    SEND_UNREACHABLE,
    SEND_NOT_PERMITTED,
    /// Datagrams longer than the MTU of the path that could not be fragmented either.
    SEND_TOO_LONG,
    SEND_FAILED,
    /// Batches that went out one by one: the device cannot segment, or the datagrams are longer
    /// than the MTU of their way.
    SEND_UNSEGMENTED,
    /// Remote addresses to which the longest datagrams leave in fragments.
    SEND_PATHS_NARROW,
    /// Remote addresses to which long datagrams are lost, without a word from the network.
    SEND_PATHS_LOSSY
}
