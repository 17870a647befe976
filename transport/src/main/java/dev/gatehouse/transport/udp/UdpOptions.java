package dev.gatehouse.transport.udp;

import picocli.CommandLine.Option;

/// The options of a process that carries a tunnel's packets: buffers of its sockets, and whether
/// packets go to the kernel in batches.
public final class UdpOptions {
    @Option(
            names = "--udp-send-buffer-size",
            paramLabel = "<bytes>",
            defaultValue = "${env:FIREZONE_UDP_SEND_BUFFER_SIZE:-16777216}",
            description = "Bytes of a socket's send buffer.")
    private int sendBufferBytes;

    @Option(
            names = "--udp-recv-buffer-size",
            paramLabel = "<bytes>",
            defaultValue = "${env:FIREZONE_UDP_RECV_BUFFER_SIZE:-134217728}",
            description = "Bytes of a socket's receive buffer.")
    private int receiveBufferBytes;

    @Option(
            names = "--offload",
            paramLabel = "<auto|off>",
            defaultValue = "${env:GATEHOUSE_OFFLOAD:-auto}",
            description =
                    "auto, or off: one packet a system call, for drivers that get batches wrong.")
    private String offload;

    public int sendBufferBytes() {
        return sendBufferBytes;
    }

    public int receiveBufferBytes() {
        return receiveBufferBytes;
    }

    /// Whether super-packets of the TUN device and batches of datagrams are used where the kernel
    /// has them.
    ///
    /// @throws IllegalArgumentException with one line for the user, if it is neither `auto` nor
    ///     `off`
    public boolean isOffloadWanted() {
        return switch (offload.strip()) {
            case "auto" -> true;
            case "off" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "offload (GATEHOUSE_OFFLOAD) must be auto or off, not \"%s\""
                                    .formatted(offload));
        };
    }
}
