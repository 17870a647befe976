package dev.gatehouse.portal.hub.device;

import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.RandomId;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.portal.state.TunnelPool;
import dev.gatehouse.wire.LookupTable;
import java.util.BitSet;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// All devices ever seen, with their secrets and tunnel addresses.
public final class Devices {
    private static final int PSK_BASE_LENGTH = 32;

    private final RandomGenerator random;
    private final Map<String, Device> byId = new TreeMap<>();
    private final LookupTable<String, String> idByKey = new LookupTable<>();
    private final LookupTable<String, String> idByPublicKey = new LookupTable<>();
    private final Map<String, Integer> countByOwner = new TreeMap<>();
    private final BitSet takenOffsets = new BitSet();

    public Devices(Collection<Device> stored, RandomGenerator random) {
        this.random = random;
        stored.forEach(this::put);
    }

    public Optional<Device> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /// The row of a peer that connects, if it was there before.
    public Optional<Device> find(Identity peer) {
        var role = peer.endpoint().role();
        String id = idByKey.get(Device.key(role, peer.token().ownerId(), peer.externalId()));
        return id == null ? Optional.empty() : find(id);
    }

    public Collection<Device> all() {
        return byId.values();
    }

    /// A gateway's key must be its own in the account, a client's among its actor's clients.
    public boolean isKeyOfAnother(String publicKey, Role role, String ownerId, String externalId) {
        String id = idByPublicKey.get(role + "|" + publicKey);
        if (id == null) {
            return false;
        }
        var holder = byId.get(id);
        boolean sameScope = role == Role.GATEWAY || holder.ownerId().equals(ownerId);
        return sameScope && !holder.key().equals(Device.key(role, ownerId, externalId));
    }

    /// Refreshes or creates the row of a connecting peer; empty if no tunnel address is left.
    public Optional<Device> upsert(Identity peer, long nowSeconds) {
        var role = peer.endpoint().role();
        String id = idByKey.get(Device.key(role, peer.token().ownerId(), peer.externalId()));
        var device =
                id == null
                        ? create(peer, nowSeconds)
                        : Optional.of(refreshed(byId.get(id), peer, nowSeconds));
        device.ifPresent(this::put);
        return device;
    }

    public void put(Device device) {
        var before = byId.put(device.id(), device);
        if (before == null) {
            countByOwner.merge(owner(device.role(), device.ownerId()), 1, Integer::sum);
        } else {
            idByPublicKey.remove(before.role() + "|" + before.publicKey());
        }
        idByKey.put(device.key(), device.id());
        idByPublicKey.put(device.role() + "|" + device.publicKey(), device.id());
        takenOffsets.set(device.tunnelOffset());
    }

    /// How many rows an actor or a site has.
    public int count(Role role, String ownerId) {
        return countByOwner.getOrDefault(owner(role, ownerId), 0);
    }

    private static String owner(Role role, String ownerId) {
        return role + "|" + ownerId;
    }

    void remove(Device device) {
        if (byId.remove(device.id()) == null) {
            return;
        }
        idByKey.remove(device.key());
        idByPublicKey.remove(device.role() + "|" + device.publicKey());
        takenOffsets.clear(device.tunnelOffset());
        countByOwner.computeIfPresent(
                owner(device.role(), device.ownerId()), (_, n) -> n > 1 ? n - 1 : null);
    }

    private Optional<Device> create(Identity peer, long nowSeconds) {
        var offset = TunnelPool.allocate(takenOffsets::get, random);
        if (offset.isEmpty()) {
            return Optional.empty();
        }
        var pskBase = new byte[PSK_BASE_LENGTH];
        random.nextBytes(pskBase);
        String id = RandomId.create(random);
        return Optional.of(
                new Device(
                        id,
                        peer.endpoint().role(),
                        peer.token().ownerId(),
                        peer.externalId(),
                        peer.name().isEmpty() ? id : peer.name(),
                        peer.publicKey(),
                        HexFormat.of().formatHex(pskBase),
                        offset.getAsInt(),
                        peer.hardware(),
                        false,
                        peer.versionText(),
                        nowSeconds,
                        nowSeconds));
    }

    private static Device refreshed(Device known, Identity peer, long nowSeconds) {
        boolean renamed = known.role() == Role.GATEWAY && !peer.name().isEmpty();
        return new Device(
                known.id(),
                known.role(),
                known.ownerId(),
                known.externalId(),
                renamed ? peer.name() : known.name(),
                peer.publicKey(),
                known.pskBaseHex(),
                known.tunnelOffset(),
                peer.hardware(),
                known.verified() && isSameHardware(known.hardware(), peer.hardware()),
                peer.versionText(),
                known.createdAt(),
                nowSeconds);
    }

    /// Ids that were unknown may appear; one that was known must not change.
    private static boolean isSameHardware(String known, String announced) {
        String[] before = known.split("\n", -1);
        String[] after = announced.split("\n", -1);
        for (int i = 0; i < before.length && i < after.length; i++) {
            if (!before[i].isEmpty() && !before[i].equals(after[i])) {
                return false;
            }
        }
        return true;
    }
}
