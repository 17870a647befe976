package dev.gatehouse.client.host;

import dev.gatehouse.channel.options.ConfigurationMistake;
import dev.gatehouse.transport.tun.LinuxTun;
import dev.gatehouse.transport.tun.TunException;
import dev.gatehouse.transport.tun.TunOwner;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the client's TUN device, which makes it the only client of its host: two would take each
/// other's routes and names. Beside a gateway it works, under another name.
public final class ClientTun {
    /// Of the device: what a tunnel takes.
    public static final int MTU = 1280;

    static final String BESIDE_GATEWAY = "tun-client";

    private static final Logger LOG = LoggerFactory.getLogger(ClientTun.class);

    private ClientTun() {}

    /// @param wanted the name of the device
    /// @param offloads whether packets move in batches
    /// @throws ConfigurationMistake with one line that says who has the device
    public static LinuxTun open(String wanted, boolean offloads) throws ConfigurationMistake {
        requireAlone();
        try {
            return openNamed(wanted, offloads);
        } catch (TunException e) {
            if (e.takenBy().filter(TunOwner.GATEWAY::equals).isEmpty()) {
                throw new ConfigurationMistake(e.getMessage());
            }
        }
        LOG.info("a gateway has {}: taking {}", wanted, BESIDE_GATEWAY);
        try {
            return openNamed(BESIDE_GATEWAY, offloads);
        } catch (TunException e) {
            throw new ConfigurationMistake(e.getMessage());
        }
    }

    private static LinuxTun openNamed(String name, boolean offloads) throws TunException {
        return LinuxTun.open(TunOwner.CLIENT, name, MTU, offloads);
    }

    private static void requireAlone() throws ConfigurationMistake {
        try {
            var other = LinuxTun.deviceOf(TunOwner.CLIENT);
            if (other.isPresent()) {
                throw new ConfigurationMistake(
                        "a client runs on this host: %s has the TUN device %s; end it first"
                                .formatted(LinuxTun.holder(other.get()), other.get()));
            }
        } catch (IOException e) {
            LOG.debug("cannot look for another client: {}", e.getMessage());
        }
    }
}
