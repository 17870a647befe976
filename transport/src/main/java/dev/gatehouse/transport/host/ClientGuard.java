package dev.gatehouse.transport.host;

import dev.gatehouse.wire.IpAddress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Drops, on a client's host, what comes by another interface than the tunnel's from or to the
/// client's own tunnel addresses: on a host that forwards IPv6 a neighbour could send into the
/// tunnel in the client's name, and any neighbour could answer for a DNS server of the client's.
///
/// A table of our own in nftables; without `nft` there is none. On a thread of its own, as `nft`
/// takes tens of milliseconds. What a life that was killed has left is replaced by the next.
public final class ClientGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClientGuard.class);
    private static final long CLOSE_WAIT_S = 2;

    private final String device;
    private final ExecutorService thread =
            Executors.newSingleThreadExecutor(
                    Thread.ofPlatform().daemon().name("client-filter").factory());
    private List<IpAddress> wanted = List.of();

    /// @param device of the tunnel
    public ClientGuard(String device) {
        this.device = device;
    }

    /// Returns at once. By one thread.
    public void protect(List<IpAddress> own) {
        if (!own.equals(wanted)) {
            wanted = List.copyOf(own);
            thread.execute(() -> apply(rules(own)));
        }
    }

    private void apply(String script) {
        var program = Nft.find();
        if (program.isEmpty()) {
            LOG.debug("no rules against neighbours: nft is not on the path");
            return;
        }
        try {
            new Nft(program.get()).apply(script);
        } catch (IOException e) {
            LOG.debug("no rules against neighbours: {}", e.getMessage());
        }
    }

    private String table() {
        return "gatehouse_client_" + device.replaceAll("[^A-Za-z0-9_]", "_");
    }

    private String none() {
        return "table inet %1$s%ndelete table inet %1$s%n".formatted(table());
    }

    private String rules(List<IpAddress> own) {
        var from = new StringBuilder();
        var to = new StringBuilder();
        for (var address : own) {
            from.append(rule("saddr", address));
            to.append(rule("daddr", address));
        }
        return none()
                + """
                table inet %1$s {
                    chain forward {
                        type filter hook forward priority -10; policy accept;
                        %2$s
                    }
                    chain input {
                        type filter hook input priority -10; policy accept;
                        %2$s
                        %3$s
                    }
                }
                """
                        .formatted(table(), from, to);
    }

    private String rule(String field, IpAddress address) {
        return "iifname != { \"lo\", \"%s\" } %s %s %s counter drop%n"
                .formatted(device, address.isV4() ? "ip" : "ip6", field, address);
    }

    /// Leaves nothing.
    @Override
    public void close() {
        if (!wanted.isEmpty()) {
            thread.execute(() -> apply(none()));
        }
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_WAIT_S, TimeUnit.SECONDS)) {
                LOG.debug("nft does not end");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
