package dev.gatehouse.dataplane.gateway.nat;

import java.util.List;

/// What differs in the translations from what was told before; what is gone comes first.
///
/// @param changed opened, or in another stage of their life
public record NatChanges(List<NatFlow> gone, List<NatFlow> changed) {
    public static final NatChanges NONE = new NatChanges(List.of(), List.of());

    public NatChanges {
        gone = List.copyOf(gone);
        changed = List.copyOf(changed);
    }

    public boolean isEmpty() {
        return gone.isEmpty() && changed.isEmpty();
    }
}
