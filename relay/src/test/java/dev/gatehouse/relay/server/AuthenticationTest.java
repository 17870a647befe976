package dev.gatehouse.relay.server;

import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V4;
import static dev.gatehouse.relay.server.RelayHarness.CLIENT_V6;
import static dev.gatehouse.relay.server.RelayHarness.SECRET;
import static dev.gatehouse.relay.server.RelayHarness.UNIX_ORIGIN_NS;
import static dev.gatehouse.relay.server.RelayHarness.USER;
import static dev.gatehouse.relay.server.RelayHarness.key;
import static dev.gatehouse.relay.server.RelayHarness.nonce;
import static dev.gatehouse.relay.server.RelayHarness.reply;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.relay.server.RelayHarness.Output;
import dev.gatehouse.relay.server.login.StampSecret;
import dev.gatehouse.relay.server.login.Username;
import dev.gatehouse.relay.server.policy.RelayLimits;
import dev.gatehouse.relay.server.statistics.RelayCounter;
import dev.gatehouse.stun.StunMethods;
import dev.gatehouse.stun.StunWriter;
import dev.gatehouse.stun.TurnCredentials;
import dev.gatehouse.wire.Endpoint;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthenticationTest {
    private static final String UNKNOWN_NONCE = "00000000-0000-0000-0000-00000000abcd";
    private static final byte[] KEY = key(USER);

    private final RelayHarness relay = RelayHarness.dualStack();

    @ParameterizedTest
    @CsvSource({
        "4c98bf59c99b3e467ecd7cf9d6b3e5279645fca59be67bc5bb4af3cf653761ab,"
                + "1892160000,n23JJ2wKKtt30oXi,00hqldgk5xLeKKOB+xls9mHMVtgqzie9DulfgQwMv68",
        "1cab293a-4032-46f4-862a-40e5d174b0d2,"
                + "1685984278,uvdgKvS9GXYZ_vmv,6xUIoZ+QvxKhRasLifwfRkMXl+ETLJUsFkHlXjlHAkg"
    })
    void keysFollowTheVectors(String secret, long expiry, String salt, String password) {
        var user = Username.parse(expiry + ":" + salt).orElseThrow();

        assertThat(TurnCredentials.password(expiry, secret, salt)).isEqualTo(password);
        assertThat(new StampSecret(secret).keyOf(user))
                .isEqualTo(TurnCredentials.longTermKey(user.text(), "firezone", password));
    }

    @Test
    void stampSecretsAre64HexDigitsAndDoNotPrint() {
        var secret = StampSecret.random(new Random(1));

        assertThat(secret.reveal()).matches("[0-9a-f]{64}");
        assertThat(secret.toString()).doesNotContain(secret.reveal());
    }

    @Test
    void aStrangerGetsAnUnsigned401WithRealmAndNonceThatThenWorks() {
        var outputs =
                relay.fromClient(
                        CLIENT_V4,
                        relay.request(StunMethods.ALLOCATE).requestedTransportUdp().build());

        assertThat(outputs).isEqualTo(unsigned401(StunMethods.ALLOCATE));
        relay.fromClient(
                CLIENT_V4,
                relay.signed(StunMethods.ALLOCATE, 1, StunWriter::requestedTransportUdp));
        assertThat(relay.server.statistics().allocations()).isOne();
    }

    /// Real clients send user, realm and integrity at once, and drop replies that are not signed.
    @Test
    void theFirst401IsSignedIfTheRequestNamesAUser() {
        var request =
                relay.request(StunMethods.ALLOCATE)
                        .requestedTransportUdp()
                        .username(USER)
                        .realm("firezone")
                        .buildSigned(KEY);

        assertThat(relay.fromClient(CLIENT_V4, request))
                .isEqualTo(signed401(StunMethods.ALLOCATE, KEY));
    }

    static Stream<Function<StunWriter, byte[]>> deniedRequests() {
        return Stream.of(
                w -> w.nonce(nonce(1)).build(),
                w -> w.buildSigned(KEY),
                w -> w.nonce("no").buildSigned(KEY),
                w -> w.nonce(nonce(1)).buildSigned(new byte[16]));
    }

    @ParameterizedTest
    @MethodSource("deniedRequests")
    void whateverIsWrongThe401IsSignedWithTheKeyOfTheUser(Function<StunWriter, byte[]> rest) {
        relay.fetchNonce(CLIENT_V4);

        var outputs =
                relay.fromClient(
                        CLIENT_V4, rest.apply(relay.request(StunMethods.REFRESH).username(USER)));

        assertThat(outputs).isEqualTo(signed401(StunMethods.REFRESH, KEY));
    }

    @Test
    void integrityWithoutUserGetsAnUnsigned401() {
        relay.fetchNonce(CLIENT_V4);

        var outputs =
                relay.fromClient(
                        CLIENT_V4,
                        relay.request(StunMethods.REFRESH).nonce(nonce(1)).buildSigned(KEY));

        assertThat(outputs).isEqualTo(unsigned401(StunMethods.REFRESH));
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", ":alice", "x:alice", "-1:alice", "1:2:3", "+1:alice", ""})
    void aMalformedUsernameGetsNoAnswer(String username) {
        relay.fetchNonce(CLIENT_V4);
        var request =
                relay.request(StunMethods.REFRESH)
                        .username(username)
                        .nonce(nonce(1))
                        .buildSigned(KEY);

        assertThat(relay.fromClient(CLIENT_V4, request)).isEmpty();
        assertThat(relay.server.statistics().get(RelayCounter.DROPPED_MALFORMED_USERNAME)).isOne();
    }

    @Test
    void anExpiredCredentialGetsA401SignedWithItsKey() {
        String expired = "1699999999:alice";
        relay.fetchNonce(CLIENT_V4);

        var outputs =
                relay.fromClient(
                        CLIENT_V4, relay.signed(StunMethods.REFRESH, expired, nonce(1), w -> w));

        assertThat(outputs).isEqualTo(signed401(StunMethods.REFRESH, key(expired)));
    }

    @Test
    void aCredentialEndsInItsSecond() {
        long expiry = UNIX_ORIGIN_NS / RelayHarness.SECOND_NS + 10;
        String user = expiry + ":alice";
        relay.fetchNonce(CLIENT_V4);

        relay.advance(9);
        assertThat(refresh(user)).isEqualTo(mismatch(user));
        relay.advance(1);
        assertThat(refresh(user)).isEqualTo(signed401(StunMethods.REFRESH, key(user)));
    }

    @Test
    void aCredentialOfAnotherStampSecretIsRefused() {
        relay.fetchNonce(CLIENT_V4);
        var user = Username.parse(USER).orElseThrow();
        var foreign = new StampSecret(SECRET.replace('4', '5')).keyOf(user);
        var request =
                relay.request(StunMethods.REFRESH)
                        .username(USER)
                        .nonce(nonce(1))
                        .buildSigned(foreign);

        assertThat(relay.fromClient(CLIENT_V4, request))
                .isEqualTo(signed401(StunMethods.REFRESH, KEY));
    }

    @Test
    void anUnknownNonceIsStale() {
        relay.fetchNonce(CLIENT_V4);

        var outputs =
                relay.fromClient(
                        CLIENT_V4, relay.signed(StunMethods.REFRESH, USER, UNKNOWN_NONCE, w -> w));

        assertThat(outputs).isEqualTo(stale(CLIENT_V4, nonce(1)));
    }

    @Test
    void theNonceOfAnotherSocketIsStale() {
        relay.fetchNonce(CLIENT_V4);

        var outputs = relay.fromClient(CLIENT_V6, relay.signed(StunMethods.REFRESH, 1, w -> w));

        assertThat(outputs).isEqualTo(stale(CLIENT_V6, nonce(2)));
    }

    @Test
    void repliesToStrangersAreLimitedPerSource() {
        var limits = new RelayLimits(100, 100, 1, 3);
        var strict = new RelayHarness(RelayHarness.config(true, true, 65535, limits));
        var binding = strict.request(StunMethods.BINDING).build();

        for (int i = 0; i < 3; i++) {
            assertThat(strict.fromClient(socket(i + 1), binding)).hasSize(1);
        }
        assertThat(strict.fromClient(socket(9), binding)).isEmpty();
        assertThat(strict.fromClient(CLIENT_V6, binding)).hasSize(1);
        strict.advance(1);
        assertThat(strict.fromClient(socket(9), binding)).hasSize(1);
        assertThat(strict.server.statistics().get(RelayCounter.DROPPED_RATE_LIMITED)).isOne();
    }

    private List<Output> refresh(String user) {
        return relay.fromClient(
                CLIENT_V4, relay.signed(StunMethods.REFRESH, user, nonce(1), w -> w));
    }

    private List<Output> mismatch(String user) {
        var expected = relay.error(StunMethods.REFRESH, 437, "Allocation Mismatch");
        return reply(CLIENT_V4, expected.buildSigned(key(user)));
    }

    private List<Output> unsigned401(int method) {
        return reply(CLIENT_V4, unauthorized(method).build());
    }

    private List<Output> signed401(int method, byte[] key) {
        return reply(CLIENT_V4, unauthorized(method).buildSigned(key));
    }

    private StunWriter unauthorized(int method) {
        return relay.error(method, 401, "Unauthorized").realm("firezone").nonce(nonce(1));
    }

    private List<Output> stale(Endpoint client, String nonce) {
        var expected = relay.error(StunMethods.REFRESH, 438, "Stale Nonce");
        return reply(client, expected.realm("firezone").nonce(nonce).buildSigned(KEY));
    }

    private static Endpoint socket(int port) {
        return new Endpoint(CLIENT_V4.address(), port);
    }
}
