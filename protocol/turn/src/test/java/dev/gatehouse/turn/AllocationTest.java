package dev.gatehouse.turn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.stun.StunAttributes;
import dev.gatehouse.stun.StunErrors;
import dev.gatehouse.stun.StunMessage;
import dev.gatehouse.stun.StunMessage.MessageClass;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.Endpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AllocationTest {
    private static final long MS = 1_000_000L;
    private static final long S = 1_000 * MS;
    private static final long MIN = 60 * S;
    private static final Endpoint V4 = Endpoint.parse("203.0.113.3:3478");
    private static final Endpoint V6 = Endpoint.parse("[2001:db8::3]:3478");
    private static final Endpoint HOST = Endpoint.parse("10.0.0.5:52625");
    private static final Endpoint MAPPED = Endpoint.parse("198.51.100.5:52625");
    private static final Endpoint RELAYED4 = Endpoint.parse("203.0.113.3:50000");
    private static final Endpoint RELAYED6 = Endpoint.parse("[2001:db8::3]:50000");
    private static final Endpoint PEER = Endpoint.parse("192.0.2.9:1234");
    private static final Endpoint PRIVATE_PEER = Endpoint.parse("10.0.0.9:1234");
    private static final byte[] KEY =
            TurnCredentials.longTermKey("user", TurnCredentials.REALM, "password");
    private static final RelayInfo BOTH = relay(V4, V6);
    private static final RelayInfo ONE = relay(V4);

    private Allocation allocation;

    @Test
    void startAsksEveryAddressHowItSeesUs() {
        start(BOTH);

        assertThat(requests(0)).extracting(Sent::to).containsExactly(V4, V6);
        assertThat(allocation.pollEvent()).isNull();
    }

    @Test
    void firstAnswerSelectsTheSocketAndAllocates() {
        start(BOTH);
        var bindings = requests(0);

        answerBinding(bindings.get(1), RELAYED6, 20 * MS);
        var allocate = only(20 * MS);
        answerBinding(bindings.get(0), MAPPED, 30 * MS);

        assertThat(allocate.to()).isEqualTo(V6);
        assertThat(allocate.message().method()).isEqualTo(StunMethods.ALLOCATE);
        assertThat(requests(30 * MS)).isEmpty();
        assertThat(events())
                .contains(
                        new AllocationEvent.HostFound(HOST),
                        new AllocationEvent.ReflexiveFound(MAPPED, HOST));
    }

    @Test
    void firstAllocateIsSignedButHasNoNonce() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);

        var allocate = only(10 * MS).message();

        assertThat(allocate.verifyIntegrity(KEY)).isTrue();
        assertThat(allocate.nonce()).isEmpty();
        assertThat(allocate.requestedTransport()).hasValue(StunAttributes.TRANSPORT_UDP);
        assertThat(allocate.additionalAddressFamily()).hasValue(StunAttributes.FAMILY_IPV6);
        assertThat(allocate.lifetimeSeconds()).isEmpty();
    }

    @Test
    void grantTellsBothAddressesAndReady() {
        allocated(0);

        assertThat(allocation.relayed()).containsExactly(RELAYED4, RELAYED6);
        assertThat(allocation.relayedFor(PEER)).isEqualTo(RELAYED4);
        assertThat(allocation.isAllocated()).isTrue();
    }

    @Test
    void unauthorizedWithoutNonceIsRepeatedWithTheNonce() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);

        error(only(10 * MS), StunErrors.UNAUTHORIZED, "nonce-1", 20 * MS);
        var again = only(20 * MS).message();

        assertThat(again.method()).isEqualTo(StunMethods.ALLOCATE);
        assertThat(again.nonce()).hasValue("nonce-1");
        assertThat(allocation.pollTimeout()).isEqualTo(20 * MS + S);
    }

    @Test
    void staleNonceIsRepeatedWithTheNewNonce() {
        allocated(0);
        var refresh = requestAt(StunMethods.REFRESH, 300 * S);

        error(refresh, StunErrors.STALE_NONCE, "nonce-2", 301 * S);

        assertThat(requestAt(StunMethods.REFRESH, 301 * S).message().nonce()).hasValue("nonce-2");
    }

    @Test
    void unauthorizedWithNonceFreesTheRelay() {
        allocated(0);
        var refresh = requestAt(StunMethods.REFRESH, 300 * S);

        error(refresh, StunErrors.UNAUTHORIZED, "nonce-2", 301 * S);

        assertThat(allocation.isFreed()).isTrue();
        assertThat(events())
                .containsExactly(
                        new AllocationEvent.RelayedGone(RELAYED4),
                        new AllocationEvent.RelayedGone(RELAYED6));
    }

    @Test
    void foreignRealmIsNotObeyed() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);

        var request = only(10 * MS);
        deliver(
                request,
                reply(request, MessageClass.ERROR)
                        .errorCode(401, "Unauthorized")
                        .realm("elsewhere")
                        .nonce("n")
                        .buildSigned(KEY),
                20 * MS);

        assertThat(requests(20 * MS)).isEmpty();
    }

    @Test
    void anUnsignedChallengeIsAnsweredWithItsNonce() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);

        unsigned(only(10 * MS), StunErrors.UNAUTHORIZED, TurnCredentials.REALM, 20 * MS);
        var again = only(20 * MS);
        unsigned(again, StunErrors.STALE_NONCE, TurnCredentials.REALM, 30 * MS);

        assertThat(again.message().nonce()).hasValue("n");
        assertThat(only(30 * MS).message().method()).isEqualTo(StunMethods.ALLOCATE);
    }

    @Test
    void aRelayThatWantsNoCredentialsBeforeItsNonceIsAskedWithoutOnce() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);

        unsigned(only(10 * MS), StunErrors.BAD_REQUEST, TurnCredentials.REALM, 20 * MS);
        var bare = only(20 * MS);
        unsigned(bare, StunErrors.UNAUTHORIZED, TurnCredentials.REALM, 30 * MS);
        var signed = only(30 * MS).message();

        assertThat(bare.message().hasMessageIntegrity()).isFalse();
        assertThat(bare.message().username()).isEmpty();
        assertThat(signed.verifyIntegrity(KEY)).isTrue();
        assertThat(signed.nonce()).hasValue("n");
    }

    @Test
    void aBareRequestThatIsBadTooIsNotRepeated() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);
        unsigned(only(10 * MS), StunErrors.BAD_REQUEST, TurnCredentials.REALM, 20 * MS);

        unsigned(only(20 * MS), StunErrors.BAD_REQUEST, TurnCredentials.REALM, 30 * MS);

        assertThat(requests(30 * MS)).isEmpty();
        assertThat(allocation.isAllocated()).isFalse();
    }

    @Test
    void otherUnsignedAnswersAreIgnored() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);
        var request = only(10 * MS);

        unsigned(request, StunErrors.UNAUTHORIZED, "elsewhere", 20 * MS);
        unsigned(request, StunErrors.UNKNOWN_ATTRIBUTE, TurnCredentials.REALM, 20 * MS);
        unsigned(request, StunErrors.ALLOCATION_MISMATCH, TurnCredentials.REALM, 20 * MS);
        deliver(
                request,
                reply(request, MessageClass.SUCCESS)
                        .xorRelayedAddress(RELAYED4)
                        .lifetime(600)
                        .build(),
                20 * MS);

        assertThat(requests(20 * MS)).isEmpty();
        assertThat(allocation.pollTimeout()).isEqualTo(10 * MS + S);
    }

    @Test
    void anUnsignedRefusalOfAKnownNonceDoesNotFreeTheRelay() {
        allocated(0);

        unsigned(
                requestAt(StunMethods.REFRESH, 300 * S),
                StunErrors.UNAUTHORIZED,
                TurnCredentials.REALM,
                301 * S);

        assertThat(allocation.isAllocated()).isTrue();
    }

    @Test
    void aRelayThatNeverLikesANonceIsNotAskedForEver() {
        start(ONE);
        answerBinding(only(0), MAPPED, 10 * MS);
        int asked = 0;
        for (var sent = requests(10 * MS); !sent.isEmpty(); sent = requests(10 * MS)) {
            unsigned(sent.getFirst(), StunErrors.STALE_NONCE, TurnCredentials.REALM, 10 * MS);
            asked++;
        }

        assertThat(asked).isEqualTo(11);
    }

    @Test
    void mismatchOnAllocateDeletesThenAllocates() {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);

        error(only(0), StunErrors.ALLOCATION_MISMATCH, "", 0);
        var delete = only(0);
        deliver(delete, reply(delete, MessageClass.SUCCESS).lifetime(0).buildSigned(KEY), 0);

        assertThat(delete.message().method()).isEqualTo(StunMethods.REFRESH);
        assertThat(delete.message().lifetimeSeconds()).hasValue(0);
        assertThat(only(0).message().method()).isEqualTo(StunMethods.ALLOCATE);
    }

    @Test
    void mismatchOnRefreshAllocatesAnew() {
        allocated(0);

        error(requestAt(StunMethods.REFRESH, 300 * S), 437, "", 301 * S);

        assertThat(only(301 * S).message().method()).isEqualTo(StunMethods.ALLOCATE);
        assertThat(allocation.isAllocated()).isFalse();
    }

    /// A peer that loses its only pair gives up within 2 s.
    @Test
    void addressesAreTakenBackWhenTheirSuccessorsAreKnown() {
        allocated(0);
        error(requestAt(StunMethods.REFRESH, 300 * S), 437, "", 301 * S);
        var allocate = only(301 * S);
        var before = events();

        deliver(
                allocate,
                reply(allocate, MessageClass.SUCCESS)
                        .xorRelayedAddress(PEER)
                        .lifetime(600)
                        .buildSigned(KEY),
                301 * S);

        assertThat(before).doesNotContain(new AllocationEvent.RelayedGone(RELAYED4));
        assertThat(events())
                .containsExactly(
                        new AllocationEvent.RelayedFound(PEER, V4),
                        new AllocationEvent.RelayedGone(RELAYED4),
                        new AllocationEvent.RelayedGone(RELAYED6),
                        new AllocationEvent.Allocated());
    }

    @Test
    void addressesAreTakenBackWhenNoneFollow() {
        allocated(0);
        error(requestAt(StunMethods.REFRESH, 300 * S), 437, "", 301 * S);

        error(only(301 * S), StunErrors.SERVER_ERROR, "", 301 * S);

        assertThat(events())
                .contains(
                        new AllocationEvent.RelayedGone(RELAYED4),
                        new AllocationEvent.RelayedGone(RELAYED6));
    }

    @Test
    void anotherMappedAddressIsAskedAboutOnce() {
        allocated(0);
        allocation.watch(S);
        answerBinding(only(S), MAPPED, S);
        allocation.watch(2 * S);
        var look = only(2 * S);

        answerBinding(look, PEER, 2 * S);
        var refresh = only(2 * S);
        allocation.watch(3 * S);
        answerBinding(requestAt(StunMethods.BINDING, 3 * S), PEER, 3 * S);

        assertThat(refresh.message().method()).isEqualTo(StunMethods.REFRESH);
        assertThat(requests(3 * S)).isEmpty();
    }

    @Test
    void lookIsTakenAtMostOnceASecondAndItsLossHasNoConsequence() {
        allocated(0);

        for (long t = S; t < 20 * S; t += 100 * MS) {
            allocation.watch(t);
        }
        var looks = requests(20 * S);

        assertThat(looks).hasSizeBetween(1, 19);
        assertThat(allocation.isAllocated()).isTrue();
        assertThat(allocation.isFreed()).isFalse();
    }

    /// The relay was started again, knows nothing, and answers BINDING as before.
    @Test
    void silentChannelsAreAskedAboutWithGrowingPatience() {
        allocated(0);
        bound(PEER, S);
        long askedAtNs = 0;
        var gaps = new ArrayList<Long>();
        for (long t = S; t < 40 * S; t += 500 * MS) {
            allocation.sendChannel(PEER, t);
            allocation.watch(t);
            for (var request : requests(t)) {
                if (request.message().method() == StunMethods.REFRESH) {
                    gaps.add((t - askedAtNs) / S);
                    askedAtNs = t;
                }
                answerRoutine(request, t);
            }
        }

        assertThat(gaps).containsExactly(3L, 4L, 8L, 16L);
    }

    @Test
    void socketOfAnAddressThatIsGoneIsTakenBackOnceAnotherAnswers() {
        allocated(0);
        var elsewhere = Endpoint.parse("10.9.9.9:52625");
        events();

        allocation.handleNetworkChange(List.of(HOST.address()), S);
        var surveys = requests(S);
        answerBinding(surveys.getFirst(), MAPPED, S);
        var sameAddress = events();
        allocation.handleNetworkChange(List.of(HOST.address()), 2 * S);
        var survey = only(2 * S);
        var answer = reply(survey, MessageClass.SUCCESS).xorMappedAddress(PEER).build();
        allocation.handleMessage(
                (StunMessage) StunMessage.decode(ByteBuffer.wrap(answer), 0, answer.length),
                elsewhere,
                V4,
                2 * S);

        assertThat(sameAddress).isEmpty();
        assertThat(events())
                .contains(
                        new AllocationEvent.HostFound(elsewhere),
                        new AllocationEvent.HostGone(HOST));
        assertThat(allocation.known()).doesNotContain(new AllocationEvent.HostFound(HOST));
    }

    @Test
    void mismatchOnBindAllocatesAnewAndBindsThatPeerAgain() {
        allocated(0);
        allocation.bind(PEER, S);

        error(only(S), 437, "", S);
        grant(only(S), S);

        var bind = only(S).message();
        assertThat(bind.method()).isEqualTo(StunMethods.CHANNEL_BIND);
        assertThat(bind.xorPeerAddress()).hasValue(PEER);
        assertThat(bind.channelNumber()).hasValue(0x4001);
    }

    @Test
    void unknownAttributeFreesTheRelay() {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);

        error(only(0), StunErrors.UNKNOWN_ATTRIBUTE, "", 0);

        assertThat(allocation.isFreed()).isTrue();
    }

    @Test
    void aRefreshOfUnknownAttributesIsRepeatedPlainly() {
        allocated(0);
        error(requestAt(StunMethods.REFRESH, 300 * S), StunErrors.UNKNOWN_ATTRIBUTE, "", 300 * S);

        var plain = requestAt(StunMethods.REFRESH, 300 * S);
        assertThat(plain.message().requestedTransport()).isEmpty();
        assertThat(plain.message().additionalAddressFamily()).isEmpty();

        error(plain, StunErrors.UNKNOWN_ATTRIBUTE, "", 300 * S);
        assertThat(allocation.isFreed()).isTrue();
    }

    @Test
    void aForbiddenPeerIsAskedForOnceAMinuteAndHarmsNothing() {
        allocated(0);
        bound(PEER, S);
        events();

        for (int i = 0; i < 240; i++) { // a check each 250 ms
            long nowNs = 2 * S + i * S / 4;
            assertThat(allocation.sendChannel(PRIVATE_PEER, nowNs)).isNull();
            for (var request : requests(nowNs)) {
                if (request.message().method() == StunMethods.CHANNEL_BIND) {
                    assertThat(i).isZero();
                    error(request, 403, "", nowNs);
                } else {
                    answerRoutine(request, nowNs);
                }
            }
        }

        assertThat(allocation.isAllocated()).isTrue();
        assertThat(events()).isEmpty();
        assertThat(allocation.sendChannel(PEER, 62 * S)).isNotNull();
        allocation.bind(PRIVATE_PEER, 62 * S);
        assertThat(requestAt(StunMethods.CHANNEL_BIND, 62 * S).message().xorPeerAddress())
                .contains(PRIVATE_PEER);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 440, 441, 442, 486, 500, 508})
    void otherErrorOnAllocateSuspendsUntilThePortalMentionsRelays(int code) {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);
        allocation.bind(PEER, 0);

        error(only(0), code, "", 0);
        boolean freed = allocation.isFreed();
        var sentWhileSuspended = requests(10 * MIN);
        allocation.refreshNow(10 * MIN);

        assertThat(freed).isFalse();
        assertThat(sentWhileSuspended).isEmpty();
        var allocate = only(10 * MIN);
        assertThat(allocate.message().method()).isEqualTo(StunMethods.ALLOCATE);
        grant(allocate, 10 * MIN);
        assertThat(requests(10 * MIN)).isEmpty(); // the buffered bind was dropped
    }

    @Test
    void otherErrorOnBindForgetsTheChannel() {
        allocated(0);
        allocation.bind(PEER, S);

        error(only(S), 400, "", S);

        assertThat(allocation.sendChannel(PEER, 2 * S)).isNull();
        assertThat(only(2 * S).message().channelNumber()).hasValue(0x4001);
    }

    @Test
    void otherErrorOnRefreshIsTriedAgainSoon() {
        allocated(0);

        error(requestAt(StunMethods.REFRESH, 300 * S), 500, "", 300 * S);

        assertThat(requestAt(StunMethods.REFRESH, 301 * S).message().has(0x0008)).isTrue();
        assertThat(allocation.isAllocated()).isTrue();
    }

    @Test
    void requestsAreSentFourTimesAndGivenUpAfterEightSeconds() {
        start(ONE);
        var times = new ArrayList<Long>();
        requests(0);
        for (long t = allocation.pollTimeout(); t != Allocation.NEVER; ) {
            times.add(t / MS);
            requests(t);
            t = allocation.pollTimeout();
        }

        assertThat(times).containsExactly(1000L, 2500L, 4750L, 8125L);
        assertThat(allocation.isFreed()).isTrue();
    }

    @Test
    void bindingKeepsItsIdAllocateGetsANewOne() {
        start(ONE);
        var first = only(0);
        var second = only(S);
        answerBinding(second, MAPPED, S);
        var allocate = only(S);
        var again = only(2 * S);

        assertThat(second.message().transactionId()).isEqualTo(first.message().transactionId());
        assertThat(again.message().transactionId())
                .isNotEqualTo(allocate.message().transactionId());
    }

    @Test
    void silenceOfTheOtherFamilyIsIgnored() {
        start(BOTH);
        var bindings = requests(0);
        answerBinding(bindings.get(0), MAPPED, 0);
        grant(only(0), 0);

        advance(9 * S);

        assertThat(allocation.isAllocated()).isTrue();
        assertThat(allocation.isFreed()).isFalse();
    }

    @Test
    void refreshIsSentAtHalfTheLifetimeAndExtendsIt() {
        allocated(0);

        var refresh = requestAt(StunMethods.REFRESH, 300 * S);
        deliver(
                refresh,
                reply(refresh, MessageClass.SUCCESS).lifetime(600).buildSigned(KEY),
                300 * S);
        keepAlive(599 * S);

        assertThat(refresh.message().lifetimeSeconds()).isEmpty();
        assertThat(requestAt(StunMethods.REFRESH, 600 * S)).isNotNull();
        assertThat(allocation.isAllocated()).isTrue();
    }

    @Test
    void refreshWithLifetimeZeroAllocatesAnew() {
        allocated(0);

        var refresh = requestAt(StunMethods.REFRESH, 300 * S);
        deliver(
                refresh,
                reply(refresh, MessageClass.SUCCESS).lifetime(0).buildSigned(KEY),
                300 * S);

        assertThat(only(300 * S).message().method()).isEqualTo(StunMethods.ALLOCATE);
    }

    @Test
    void expiryAllocatesAnew() {
        allocated(0);

        allocation.handleTimeout(600 * S);

        assertThat(allocation.isAllocated()).isFalse();
        assertThat(requests(600 * S)).extracting(s -> s.message().method()).contains(3);
    }

    @Test
    void keepAliveIsSentEvery25SecondsAndItsLossKillsTheAllocation() {
        allocated(0);

        var keepAlive = only(25 * S);
        answerBinding(keepAlive, MAPPED, 25 * S);
        var next = only(50 * S);
        advance(50 * S + 8125 * MS);

        assertThat(keepAlive.message().method()).isEqualTo(StunMethods.BINDING);
        assertThat(next.message().method()).isEqualTo(StunMethods.BINDING);
        assertThat(allocation.isFreed()).isTrue();
    }

    @Test
    void sentDataPostponesTheKeepAlive() {
        allocated(0);
        bound(PEER, S);

        assertThat(allocation.sendChannel(PEER, 20 * S)).isNotNull();

        assertThat(allocation.pollTimeout()).isEqualTo(45 * S);
    }

    @Test
    void proactiveRefreshIsSentOnceAndGivenUpAfterASecond() {
        allocated(0);

        allocation.refreshNow(10 * S);
        var refresh = only(10 * S);
        var later = requests(11 * S);

        assertThat(refresh.message().method()).isEqualTo(StunMethods.REFRESH);
        assertThat(later).isEmpty();
        assertThat(allocation.isFreed()).isTrue();
    }

    @Test
    void newCredentialsKeepTheAllocationAndRefreshItAtOnce() {
        allocated(0);
        bound(PEER, S);

        allocation.swapLogin("other", "secret", 10 * S);
        var refresh = only(10 * S).message();

        byte[] key = TurnCredentials.longTermKey("other", TurnCredentials.REALM, "secret");
        assertThat(refresh.method()).isEqualTo(StunMethods.REFRESH);
        assertThat(refresh.username()).hasValue("other");
        assertThat(refresh.verifyIntegrity(key)).isTrue();
        assertThat(allocation.sendChannel(PEER, 10 * S)).isNotNull();
        assertThat(events()).isEmpty();
    }

    @Test
    void bindsWaitForTheAllocationAndTheNewest100Stay() {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);
        for (int i = 0; i < 120; i++) {
            allocation.bind(new Endpoint(PEER.address(), 1000 + i), 0);
        }

        grant(only(0), 0);

        var binds = requests(0);
        assertThat(binds).hasSize(100);
        assertThat(binds.getFirst().message().xorPeerAddress().orElseThrow().port())
                .isEqualTo(1020);
    }

    @Test
    void dataMayBeSentOnARequestedChannelButIsReceivedOnAConfirmedOneOnly() {
        allocated(0);
        allocation.bind(PEER, S);
        var bind = only(S);

        boolean canSendEarly = allocation.sendChannel(PEER, S) != null;
        var early = allocation.receiveOn(0x4000, S);
        deliver(bind, reply(bind, MessageClass.SUCCESS).buildSigned(KEY), S);

        assertThat(canSendEarly).isTrue();
        assertThat(early).isNull();
        assertThat(allocation.receiveOn(0x4000, S)).isEqualTo(PEER);
        assertThat(allocation.receiveOn(0x4001, S)).isNull();
        assertThat(allocation.receiveOn(0x5000, S)).isNull();
    }

    @Test
    void peerOfAFamilyThatTheRelayLacksGetsNoChannel() {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);
        var allocate = only(0);
        deliver(
                allocate,
                reply(allocate, MessageClass.SUCCESS)
                        .xorRelayedAddress(RELAYED4)
                        .lifetime(600)
                        .buildSigned(KEY),
                0);

        allocation.bind(RELAYED6, 0);

        assertThat(requests(0)).isEmpty();
    }

    @Test
    void busyChannelIsRefreshedAfterFiveMinutesUnderItsNumber() {
        allocated(0);
        bound(PEER, 0);
        allocation.receiveOn(0x4000, MIN);
        refreshAllocation(299 * S);

        var bind = requestAt(StunMethods.CHANNEL_BIND, 300 * S).message();

        assertThat(bind.channelNumber()).hasValue(0x4000);
        assertThat(bind.xorPeerAddress()).hasValue(PEER);
    }

    @Test
    void channelThatTurnsBusyAfterFiveMinutesIsRefreshedThen() {
        allocated(0);
        bound(PEER, 0);
        refreshAllocation(400 * S);

        allocation.receiveOn(0x4000, 401 * S);

        assertThat(requestAt(StunMethods.CHANNEL_BIND, 401 * S)).isNotNull();
    }

    @Test
    void silentChannelExpiresAndIsBoundAgainUnderItsNumber() {
        allocated(0);
        bound(PEER, 0);
        refreshAllocation(300 * S);
        refreshAllocation(599 * S);
        boolean canSendBefore = allocation.sendChannel(PEER, 599 * S) != null;
        boolean canSendAfter = allocation.sendChannel(PEER, 600 * S) != null;

        var bind = requestAt(StunMethods.CHANNEL_BIND, 600 * S).message();

        assertThat(canSendBefore).isTrue();
        assertThat(canSendAfter).isFalse();
        assertThat(bind.channelNumber()).hasValue(0x4000);
    }

    @Test
    void channelOlderThanFifteenMinutesGetsANewNumber() {
        allocated(0);
        bound(PEER, 0);
        for (long t = 290; t <= 900; t += 290) {
            refreshAllocation(t * S);
        }

        allocation.bind(PEER, 900 * S);

        assertThat(requestAt(StunMethods.CHANNEL_BIND, 900 * S).message().channelNumber())
                .hasValue(0x4001);
    }

    @Test
    void restoredAllocationIsRefreshedAtOnceAndKeepsItsChannels() {
        allocated(0);
        bound(PEER, 10 * S);
        var snapshot = allocation.snapshot(100 * S).aged(5 * S);

        allocation = Allocation.restore(snapshot, "test", new SplittableRandom(2), 0);
        var sent = requests(0);

        assertThat(sent)
                .extracting(s -> s.message().method())
                .containsExactly(StunMethods.BINDING, StunMethods.REFRESH);
        assertThat(sent.get(1).message().nonce()).hasValue("nonce-0");
        assertThat(allocation.relayed()).containsExactly(RELAYED4, RELAYED6);
        assertThat(allocation.sendChannel(PEER, 500 * S)).isNotNull();
        assertThat(allocation.sendChannel(PEER, 505 * S)).isNull();
    }

    @Test
    void roundTripTimeIsSmoothed() {
        start(ONE);

        answerBinding(only(0), MAPPED, 80 * MS);

        assertThat(allocation.roundTrip().smoothedNs()).isEqualTo(80 * MS);
    }

    // Helpers: a relay in the hands of the test.

    @Test
    void aRelayThatTakesEveryAllocationAwayIsGivenUp() {
        start(ONE);
        answerBinding(only(0), MAPPED, 0);
        int rounds = 0;
        for (var sent = requests(0); !sent.isEmpty(); sent = requests(0), rounds++) {
            error(sent.getFirst(), StunErrors.ALLOCATION_MISMATCH, "", 0);
            var delete = only(0);
            deliver(delete, reply(delete, MessageClass.SUCCESS).lifetime(0).buildSigned(KEY), 0);
        }

        assertThat(rounds).isEqualTo(Allocation.ATTEMPTS_BURST);
        assertThat(allocation.isFreed()).isTrue();
        assertThat(allocation.takeExcess()).isOne();
    }

    @Test
    void aRelayThatSeesUsElsewhereEachTimeIsBelievedSoOften() {
        allocated(0);
        events();
        int told = 0;
        for (int i = 1; i <= 500; i++) {
            allocation.watch(i * S);
            for (var sent : requests(i * S)) {
                boolean isBinding = sent.message().method() == StunMethods.BINDING;
                if (isBinding) {
                    answerBinding(sent, new Endpoint(MAPPED.address(), 1_000 + i), i * S);
                } else {
                    answerRoutine(sent, i * S);
                }
            }
            told += events().size();
        }

        assertThat(told).isBetween(32, 64);
        assertThat(allocation.takeExcess()).isPositive();
    }

    private record Sent(Endpoint to, StunMessage message) {}

    private static RelayInfo relay(Endpoint... addresses) {
        return new RelayInfo("relay-1", List.of(addresses), "user", "password");
    }

    private void start(RelayInfo relay) {
        allocation = Allocation.start(relay, "test", new SplittableRandom(1), 0);
    }

    private void allocated(long nowNs) {
        start(ONE);
        answerBinding(only(nowNs), MAPPED, nowNs);
        error(only(nowNs), StunErrors.UNAUTHORIZED, "nonce-0", nowNs);
        grant(only(nowNs), nowNs);
        assertThat(requests(nowNs)).isEmpty();
        assertThat(events()).contains(new AllocationEvent.Allocated());
    }

    private void bound(Endpoint peer, long nowNs) {
        allocation.bind(peer, nowNs);
        var bind = only(nowNs);
        deliver(bind, reply(bind, MessageClass.SUCCESS).buildSigned(KEY), nowNs);
    }

    private void grant(Sent allocate, long nowNs) {
        deliver(
                allocate,
                reply(allocate, MessageClass.SUCCESS)
                        .xorRelayedAddress(RELAYED4)
                        .xorRelayedAddress(RELAYED6)
                        .lifetime(600)
                        .buildSigned(KEY),
                nowNs);
    }

    /// Answers every keep-alive until then.
    private void keepAlive(long untilNs) {
        for (long t = allocation.pollTimeout(); t <= untilNs; t = allocation.pollTimeout()) {
            for (var request : requests(t)) {
                answerBinding(request, MAPPED, t);
            }
        }
    }

    /// Answers keep-alives and refreshes until then, with a fresh lifetime then.
    private void refreshAllocation(long nowNs) {
        for (long t = allocation.pollTimeout(); t < nowNs; t = allocation.pollTimeout()) {
            answerAll(t);
        }
        allocation.refreshNow(nowNs);
        answerAll(nowNs);
    }

    private void answerAll(long nowNs) {
        requests(nowNs).forEach(request -> answerRoutine(request, nowNs));
    }

    private void answerRoutine(Sent request, long nowNs) {
        if (request.message().method() == StunMethods.BINDING) {
            answerBinding(request, MAPPED, nowNs);
        } else {
            deliver(
                    request,
                    reply(request, MessageClass.SUCCESS).lifetime(600).buildSigned(KEY),
                    nowNs);
        }
    }

    private void advance(long untilNs) {
        for (long t = allocation.pollTimeout(); t <= untilNs; t = allocation.pollTimeout()) {
            requests(t);
        }
    }

    /// Runs the timers and returns what was sent.
    private List<Sent> requests(long nowNs) {
        if (allocation.pollTimeout() <= nowNs) {
            allocation.handleTimeout(nowNs);
        }
        var sent = new ArrayList<Sent>();
        for (var t = allocation.pollTransmit(); t != null; t = allocation.pollTransmit()) {
            byte[] bytes = t.payload().bytes();
            var decoded = StunMessage.decode(ByteBuffer.wrap(bytes), 0, bytes.length);
            sent.add(new Sent(t.remote(), (StunMessage) decoded));
        }
        return sent;
    }

    private Sent only(long nowNs) {
        var sent = requests(nowNs);
        assertThat(sent).hasSize(1);
        return sent.getFirst();
    }

    private Sent requestAt(int method, long nowNs) {
        return requests(nowNs).stream()
                .filter(sent -> sent.message().method() == method)
                .findFirst()
                .orElseThrow();
    }

    private List<AllocationEvent> events() {
        var events = new ArrayList<AllocationEvent>();
        for (var e = allocation.pollEvent(); e != null; e = allocation.pollEvent()) {
            events.add(e);
        }
        return events;
    }

    private static StunWriter reply(Sent request, MessageClass messageClass) {
        var message = request.message();
        return new StunWriter(messageClass, message.method(), message.transactionId());
    }

    private void answerBinding(Sent request, Endpoint mapped, long nowNs) {
        deliver(
                request,
                reply(request, MessageClass.SUCCESS).xorMappedAddress(mapped).build(),
                nowNs);
    }

    private void error(Sent request, int code, String nonce, long nowNs) {
        var writer = reply(request, MessageClass.ERROR).errorCode(code, "reason");
        Optional.of(nonce)
                .filter(n -> !n.isEmpty())
                .ifPresent(n -> writer.realm(TurnCredentials.REALM).nonce(n));
        deliver(request, writer.buildSigned(KEY), nowNs);
    }

    private void unsigned(Sent request, int code, String realm, long nowNs) {
        var writer = reply(request, MessageClass.ERROR).errorCode(code, "reason");
        deliver(request, writer.realm(realm).nonce("n").build(), nowNs);
    }

    private void deliver(Sent request, byte[] reply, long nowNs) {
        var decoded = StunMessage.decode(ByteBuffer.wrap(reply), 0, reply.length);
        allocation.handleMessage((StunMessage) decoded, HOST, request.to(), nowNs);
    }
}
