package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.HostSettings;
import dev.gatehouse.transport.host.Nft;
import dev.gatehouse.wire.IpAddress.Family;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What an administrator is told of a host before a gateway runs on it.
///
/// @param forwarding what to set so that the host forwards, a line each; a gateway does it itself
///     where it may
/// @param filter what the packet filter would do to the tunnel's packets, a line each
/// @param nft why the filter cannot be read or changed; empty if it can
public record HostReport(List<String> forwarding, List<String> filter, Optional<String> nft) {
    /// Looks at the host; runs `nft`.
    public static HostReport look() {
        var tunnels = List.of(TunNames.DEFAULT);
        var forwarding =
                Stream.of(Family.values())
                        .flatMap(family -> HostSettings.forwardingRemedy(family, tunnels).stream())
                        .toList();
        var program = Nft.find();
        if (program.isEmpty()) {
            return new HostReport(
                    forwarding,
                    List.of(),
                    Optional.of("not on the path: install nftables, or masquerade yourself"));
        }
        try {
            var read = PacketFilter.read(new Nft(program.get()));
            var judge = new HostJudge(tunnels, Surroundings.look(tunnels), Optional.of(read));
            return new HostReport(forwarding, judge.closed(), Optional.empty());
        } catch (IOException e) {
            return new HostReport(forwarding, List.of(), Optional.of(e.getMessage()));
        }
    }
}
