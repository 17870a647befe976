package dev.gatehouse.relay.server.request;

import dev.gatehouse.relay.server.policy.RelayConfig;
import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.wire.IpAddress.Family;
import java.util.List;
import java.util.OptionalInt;

/// Which address families an Allocate request gets, by the table of relay.md 8.1.
///
/// A family that was only asked for in addition and is missing is left out without
/// ADDRESS-ERROR-CODE.
sealed interface FamilyChoice {
    record Granted(List<Family> families) implements FamilyChoice {}

    record Refused(int code) implements FamilyChoice {}

    /// @param requested content of REQUESTED-ADDRESS-FAMILY
    /// @param additional content of ADDITIONAL-ADDRESS-FAMILY
    static FamilyChoice of(RelayConfig config, OptionalInt requested, OptionalInt additional) {
        boolean both = requested.isPresent() && additional.isPresent();
        if (both || additional.orElse(0) == StunAttributes.FAMILY_IPV4) {
            return new Refused(StunErrors.BAD_REQUEST);
        }
        if (additional.isPresent()) {
            return new Granted(available(config));
        }
        var wanted =
                requested.orElse(StunAttributes.FAMILY_IPV4) == StunAttributes.FAMILY_IPV6
                        ? Family.IPV6
                        : Family.IPV4;
        return config.publicAddress(wanted).isPresent()
                ? new Granted(List.of(wanted))
                : new Refused(StunErrors.ADDRESS_FAMILY_NOT_SUPPORTED);
    }

    private static List<Family> available(RelayConfig config) {
        if (config.publicV4().isEmpty()) {
            return List.of(Family.IPV6);
        }
        return config.publicV6().isEmpty()
                ? List.of(Family.IPV4)
                : List.of(Family.IPV4, Family.IPV6);
    }
}
