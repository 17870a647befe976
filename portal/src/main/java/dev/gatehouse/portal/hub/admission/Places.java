package dev.gatehouse.portal.hub.admission;

import dev.gatehouse.portal.hub.device.Devices;
import dev.gatehouse.portal.hub.session.Identity;
import dev.gatehouse.portal.hub.session.Session;
import dev.gatehouse.portal.hub.session.Sessions;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.wire.TokenBucket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/// Who finds a place: sessions and rows of devices, in all and of each token, and how often one
/// token and one device may come. Refused peers hear 503, which all of them try again later
/// (portal-channel.md 1.2): 4xx would end those of October 2025.
///
/// Each question costs a look-up, however many sessions and rows there are.
public final class Places {
    /// A token's peers may all come at once after a restart, and as many again who failed.
    private static final int UPGRADES_BURST_MIN = 1_000;

    private static final int UPGRADES_PER_SECOND = 200;

    /// One device's: peers wait half a second and longer between two attempts.
    private static final int DEVICE_UPGRADES_PER_SECOND = 1;

    private static final int DEVICE_UPGRADES_BURST = 30;
    private static final int DEVICES_REMEMBERED_MAX = 16_384;

    private final PlaceLimits limits;
    private final Sessions sessions;
    private final Devices devices;
    private final Map<String, Integer> sessionsOfToken = new TreeMap<>();
    private final Map<String, TokenBucket> upgradesOfToken = new TreeMap<>();
    private final Map<String, TokenBucket> upgradesOfDevice = new LinkedHashMap<>();
    private int clients;

    public Places(PlaceLimits limits, Sessions sessions, Devices devices) {
        this.limits = limits;
        this.sessions = sessions;
        this.devices = devices;
    }

    /// Sends an accepted peer away if it has to come back later.
    public Admission judge(Admission verdict, long nowNs) {
        var refused =
                verdict instanceof Admission.Accepted(var peer)
                        ? refusal(peer, nowNs)
                        : Optional.<Admission.Refused>empty();
        return refused.isPresent() ? refused.get() : verdict;
    }

    private Optional<Admission.Refused> refusal(Identity peer, long nowNs) {
        var full = lack(peer);
        if (full.isPresent()) {
            return full;
        }
        boolean isTimely = upgrades(deviceKey(peer)).take(nowNs) && upgrades(peer).take(nowNs);
        return isTimely
                ? Optional.empty()
                : refused("rate_limit", "this token or device connects too often");
    }

    /// What is full, if anything is. A device that has a session gives it up for the next.
    public Optional<Admission.Refused> lack(Identity peer) {
        var role = peer.endpoint().role();
        var known = role == Role.RELAY ? Optional.<Device>empty() : devices.find(peer);
        if (known.flatMap(d -> sessions.ofDevice(d.id())).isPresent()) {
            return Optional.empty();
        }
        if (sessions.size() >= limits.sessions()
                || role == Role.CLIENT && clients >= limits.allClients()) {
            return refused("rate_limit", "the portal has no place left");
        }
        if (count(peer) >= limits.sessionsOfToken(role)) {
            return refused("rate_limit", "the token has as many sessions as it may");
        }
        boolean isRowWanted = role != Role.RELAY && known.isEmpty();
        return isRowWanted && devices.count(role, peer.token().ownerId()) >= limits.devices()
                ? refused("limits_exceeded", "the token's owner has as many devices as it may")
                : Optional.empty();
    }

    private static Optional<Admission.Refused> refused(String code, String detail) {
        return Optional.of(new Admission.Refused(503, code, detail));
    }

    private int count(Identity peer) {
        return sessionsOfToken.getOrDefault(peer.token().id(), 0);
    }

    private TokenBucket upgrades(Identity peer) {
        int burst =
                Math.max(UPGRADES_BURST_MIN, 2 * limits.sessionsOfToken(peer.endpoint().role()));
        return upgradesOfToken.computeIfAbsent(
                peer.token().id(), _ -> new TokenBucket(UPGRADES_PER_SECOND, burst));
    }

    private TokenBucket upgrades(String deviceKey) {
        var bucket =
                upgradesOfDevice.computeIfAbsent(
                        deviceKey,
                        _ -> new TokenBucket(DEVICE_UPGRADES_PER_SECOND, DEVICE_UPGRADES_BURST));
        if (upgradesOfDevice.size() > DEVICES_REMEMBERED_MAX) {
            upgradesOfDevice.remove(upgradesOfDevice.keySet().iterator().next());
        }
        return bucket;
    }

    private static String deviceKey(Identity peer) {
        return peer.endpoint().role() == Role.RELAY
                ? peer.token().id() + "|" + peer.relay()
                : Device.key(peer.endpoint().role(), peer.token().ownerId(), peer.externalId());
    }

    public void handleOpened(Session session) {
        sessionsOfToken.merge(session.token().id(), 1, Integer::sum);
        clients += session instanceof Session.Client ? 1 : 0;
    }

    public void handleGone(Session session) {
        sessionsOfToken.computeIfPresent(session.token().id(), (_, n) -> n > 1 ? n - 1 : null);
        clients -= session instanceof Session.Client ? 1 : 0;
    }

    /// Forgets the buckets of tokens that are gone.
    public void handleDirectory(Predicate<String> isToken) {
        upgradesOfToken.keySet().removeIf(id -> !isToken.test(id));
    }
}
