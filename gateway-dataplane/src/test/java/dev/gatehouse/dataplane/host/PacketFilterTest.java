package dev.gatehouse.dataplane.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gatehouse.wire.IpAddress.Family;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// Rules are written as `nft -j list ruleset` prints them.
class PacketFilterTest {
    private static final String DROP = "{\"drop\":null}";
    private static final String ACCEPT = "{\"accept\":null}";
    private static final String REJECT = "{\"reject\":{\"type\":\"icmpx\"}}";
    private static final String PUBLIC = "{\"goto\":{\"target\":\"public\"}}";
    private static final String CONNTRACK = xt("conntrack");
    private static final String FROM_TUNNEL = meta("==", "iifname", "\"tun-firezone\"");
    private static final String TO_TUNNEL = meta("==", "oifname", "\"tun-firezone\"");
    private static final String ESTABLISHED =
            "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"state\"}},"
                    + "\"right\":[\"established\",\"related\"]}}";
    private static final Packets REQUESTS = Packets.requests(Family.IPV4, "tun-firezone", "eth0");
    private static final Packets ANSWERS = Packets.answers(Family.IPV4, "eth0", "tun-firezone");

    @Test
    void chainWithoutRulesPassesByItsPolicy() throws Exception {
        assertThat(obstacle(REQUESTS, base("inet", "accept"))).isEmpty();
        assertThat(obstacle(REQUESTS, base("inet", "drop")))
                .contains("chain f of table inet fw has the policy drop");
        assertThat(obstacle(REQUESTS, base("ip6", "drop"))).as("of another family").isEmpty();
    }

    @Test
    void rejectAtTheEndIsNamedWithItsRule() throws Exception {
        assertThat(
                        obstacle(
                                REQUESTS,
                                base("ip", "accept"),
                                rule("ip", "f", 1, ESTABLISHED, ACCEPT),
                                rule("ip", "f", 2, meta("==", "iifname", "\"eth*\""), ACCEPT),
                                rule("ip", "f", 3, "{\"counter\":{}}", REJECT)))
                .contains("chain f of table ip fw drops or rejects it, rule with handle 3");
    }

    @Test
    void ruleForTheTunnelOpensBothWays() throws Exception {
        var open =
                new String[] {
                    base("inet", "drop"),
                    rule("inet", "f", 1, ESTABLISHED, ACCEPT),
                    rule("inet", "f", 2, FROM_TUNNEL, ACCEPT)
                };

        assertThat(obstacle(REQUESTS, open)).isEmpty();
        assertThat(obstacle(ANSWERS, open)).isEmpty();
    }

    @Test
    void answersNeedToPassAsWell() throws Exception {
        var requestsOnly =
                new String[] {base("inet", "drop"), rule("inet", "f", 1, FROM_TUNNEL, ACCEPT)};

        assertThat(obstacle(REQUESTS, requestsOnly)).isEmpty();
        assertThat(obstacle(ANSWERS, requestsOnly)).isPresent();
        assertThat(obstacle(ANSWERS, base("inet", "drop"), rule("inet", "f", 1, TO_TUNNEL, ACCEPT)))
                .isEmpty();
    }

    /// An administrator who opens one resource means it.
    static final List<String> SOME_OF_THE_TUNNEL =
            List.of(
                    payload("==", "ip", "daddr", "\"10.77.0.10\""),
                    payload("==", "tcp", "dport", "{\"set\":[80,443]}"),
                    payload("==", "ip", "saddr", prefix("100.64.0.0", 12)),
                    meta("==", "mark", "7"),
                    meta("==", "iifname", "\"@inside\""),
                    "{\"limit\":{\"rate\":1}}",
                    xt("set"));

    @ParameterizedTest
    @FieldSource("SOME_OF_THE_TUNNEL")
    void whatMayPassIsNoObstacle(String condition) throws Exception {
        assertThat(obstacle(REQUESTS, base("ip", "drop"), rule("ip", "f", 1, condition, ACCEPT)))
                .isEmpty();
        assertThat(obstacle(REQUESTS, base("ip", "accept"), rule("ip", "f", 1, condition, DROP)))
                .isEmpty();
    }

    static final List<String> NONE_OF_THE_TUNNEL =
            List.of(
                    payload("==", "ip", "saddr", prefix("10.0.0.0", 8)),
                    meta("==", "l4proto", "{\"set\":[\"icmp\",\"ipv6-icmp\"]}"),
                    payload("!=", "ip6", "daddr", "\"fd00::1\""),
                    "{\"match\":{\"op\":\"in\",\"left\":{\"ct\":{\"key\":\"status\"}},"
                            + "\"right\":\"dnat\"}}",
                    xt("icmp"));

    @ParameterizedTest
    @FieldSource("NONE_OF_THE_TUNNEL")
    void whatCannotBeOfTheTunnelOpensNothing(String condition) throws Exception {
        assertThat(obstacle(REQUESTS, base("ip", "drop"), rule("ip", "f", 1, condition, ACCEPT)))
                .isPresent();
    }

    /// Docker's chains with no container that is published.
    @Test
    void dockersPolicyIsNamedWithTheChainThatIsMadeForIt() throws Exception {
        var docker = "\"docker0\"";
        var filter =
                parse(
                        base("ip", "drop"),
                        chain("ip", "DOCKER-USER", ""),
                        rule("ip", "f", 3, jump("DOCKER-USER")),
                        rule("ip", "f", 4, meta("==", "oifname", docker), CONNTRACK, ACCEPT),
                        rule(
                                "ip",
                                "f",
                                5,
                                meta("==", "iifname", docker),
                                meta("!=", "oifname", docker),
                                ACCEPT));

        assertThat(filter.obstacle(REQUESTS))
                .contains("chain f of table ip fw has the policy drop");
        assertThat(filter.remedy("tun-firezone"))
                .contains("iptables -I DOCKER-USER -i tun-firezone -j ACCEPT");
        var opened =
                parse(
                        base("ip", "drop"),
                        chain("ip", "DOCKER-USER", ""),
                        rule("ip", "f", 3, jump("DOCKER-USER")),
                        rule("ip", "DOCKER-USER", 4, FROM_TUNNEL, ACCEPT));
        assertThat(opened.obstacle(REQUESTS)).isEmpty();
    }

    /// The JSON keeps the states back, the text has them.
    @Test
    void statesThatIptablesAsksForAreReadFromTheText() throws Exception {
        var json = json(base("ip", "drop"), rule("ip", "f", 3, CONNTRACK, ACCEPT));
        var text =
                """
                table ip fw { # handle 1
                	chain f { # handle 1
                		ct state related,established accept # handle 3
                	}
                }
                """;

        assertThat(PacketFilter.parse(json, text).obstacle(REQUESTS)).isPresent();
        assertThat(PacketFilter.parse(json, text).obstacle(ANSWERS)).isEmpty();
        assertThat(PacketFilter.parse(json, "").obstacle(REQUESTS)).as("not known").isEmpty();
    }

    /// As firewalld makes them: a zone for each interface, what no zone accepted is rejected.
    @Test
    void zonesAreFollowed() throws Exception {
        var filter =
                parse(
                        base("inet", "accept"),
                        chain("inet", "zones", ""),
                        chain("inet", "public", ""),
                        chain("inet", "trusted", ""),
                        rule("inet", "f", 1, ESTABLISHED, ACCEPT),
                        rule("inet", "f", 2, jump("zones")),
                        rule("inet", "f", 3, REJECT),
                        rule("inet", "zones", 4, meta("==", "iifname", "\"eth0\""), PUBLIC),
                        rule("inet", "trusted", 5, ACCEPT),
                        rule("inet", "public", 6, meta("==", "oifname", "\"lan\""), ACCEPT),
                        rule("inet", "zones", 7, PUBLIC));

        assertThat(filter.obstacle(REQUESTS))
                .contains("chain f of table inet fw drops or rejects it, rule with handle 3");
        assertThat(filter.obstacle(ANSWERS)).isEmpty();
        assertThat(filter.obstacle(Packets.requests(Family.IPV4, "tun-firezone", "lan"))).isEmpty();
    }

    @Test
    void verdictMapsAreFollowed() throws Exception {
        var byState =
                ("{\"vmap\":{\"key\":{\"ct\":{\"key\":\"state\"}},\"data\":"
                                + "{\"set\":[[\"established\",%s],[\"new\",%s]]}}}")
                        .formatted(ACCEPT, DROP);

        assertThat(obstacle(REQUESTS, base("ip", "accept"), rule("ip", "f", 1, byState)))
                .isPresent();
        assertThat(obstacle(ANSWERS, base("ip", "accept"), rule("ip", "f", 1, byState))).isEmpty();
    }

    @Test
    void packetsForTheGatewayPassInputChains() throws Exception {
        var queries = Packets.toHost(Family.IPV4, "tun-firezone", 53_535);
        var input = chain("inet", "f", hook("input", "drop"));
        var range = payload("==", "th", "dport", "{\"range\":[%d,%d]}");

        assertThat(obstacle(queries, input, rule("inet", "f", 1, range.formatted(53, 60), ACCEPT)))
                .isPresent();
        assertThat(
                        obstacle(
                                queries,
                                input,
                                rule("inet", "f", 1, range.formatted(50_000, 60_000), ACCEPT)))
                .isEmpty();
        assertThat(obstacle(REQUESTS, input)).isEmpty();
    }

    @Test
    void whatIsNoRulesetIsAFailure() {
        assertThat(List.of("", "{}", "[]", "{\"nftables\":[1]}"))
                .allSatisfy(
                        text ->
                                assertThatThrownBy(() -> PacketFilter.parse(text, ""))
                                        .isInstanceOf(IOException.class));
    }

    private static Optional<String> obstacle(Packets packets, String... entries)
            throws IOException {
        return parse(entries).obstacle(packets);
    }

    private static PacketFilter parse(String... entries) throws IOException {
        return PacketFilter.parse(json(entries), "");
    }

    private static String json(String... entries) {
        return "{\"nftables\":[{\"metainfo\":{}},%s]}".formatted(String.join(",", entries));
    }

    private static String base(String family, String policy) {
        return chain(family, "f", hook("forward", policy));
    }

    private static String hook(String hook, String policy) {
        return ",\"type\":\"filter\",\"hook\":\"%s\",\"prio\":0,\"policy\":\"%s\""
                .formatted(hook, policy);
    }

    private static String chain(String family, String name, String more) {
        return "{\"chain\":{\"family\":\"%s\",\"table\":\"fw\",\"name\":\"%s\",\"handle\":1%s}}"
                .formatted(family, name, more);
    }

    private static String rule(String family, String chain, int handle, String... statements) {
        return ("{\"rule\":{\"family\":\"%s\",\"table\":\"fw\",\"chain\":\"%s\",\"handle\":%d,"
                        + "\"expr\":[%s]}}")
                .formatted(family, chain, handle, String.join(",", statements));
    }

    private static String payload(String op, String protocol, String field, String right) {
        return ("{\"match\":{\"op\":\"%s\",\"left\":{\"payload\":"
                        + "{\"protocol\":\"%s\",\"field\":\"%s\"}},\"right\":%s}}")
                .formatted(op, protocol, field, right);
    }

    private static String prefix(String address, int length) {
        return "{\"prefix\":{\"addr\":\"%s\",\"len\":%d}}".formatted(address, length);
    }

    private static String xt(String name) {
        return "{\"xt\":{\"type\":\"match\",\"name\":\"%s\"}}".formatted(name);
    }

    private static String jump(String target) {
        return "{\"jump\":{\"target\":\"%s\"}}".formatted(target);
    }

    private static String meta(String op, String key, String right) {
        return "{\"match\":{\"op\":\"%s\",\"left\":{\"meta\":{\"key\":\"%s\"}},\"right\":%s}}"
                .formatted(op, key, right);
    }
}
