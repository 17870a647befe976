package dev.gatehouse.transport.udp;

/// The value of `--offload` (GATEHOUSE_OFFLOAD): whether super-packets of the TUN device and
/// batches of datagrams are used where the kernel has them.
public final class OffloadOption {
    private OffloadOption() {}

    /// @throws IllegalArgumentException with one line for the user, if `text` is neither `auto` nor
    ///     `off`
    public static boolean isWanted(String text) {
        return switch (text.strip()) {
            case "auto" -> true;
            case "off" -> false;
            default ->
                    throw new IllegalArgumentException(
                            "offload (GATEHOUSE_OFFLOAD) must be auto or off, not \"%s\""
                                    .formatted(text));
        };
    }
}
