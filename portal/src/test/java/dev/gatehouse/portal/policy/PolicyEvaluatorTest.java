package dev.gatehouse.portal.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.directory.Condition;
import dev.gatehouse.portal.directory.Condition.Operator;
import dev.gatehouse.portal.directory.Condition.Property;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.directory.Directory.Policy;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.policy.PolicyEvaluator.Verdict;
import dev.gatehouse.wire.IpAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyEvaluatorTest {
    /// A Monday.
    private static final long NOW = Instant.parse("2026-11-23T10:00:00Z").getEpochSecond();

    private static Directory directory(Policy... policies) {
        return new Directory(
                new Directory.Account("a", "acme", "Acme", List.of(), List.of(), Optional.empty()),
                List.of(new Directory.Site("hq", "HQ")),
                List.of(new Directory.Actor("alice", "alice", Optional.empty(), true)),
                List.of(new Directory.Group("g", "g", List.of("alice"))),
                List.of(),
                List.of(resource(Resource.Type.CIDR, "10.0.0.0/8")),
                Arrays.asList(policies));
    }

    static Resource resource(Resource.Type type, String address) {
        return new Resource(
                "r",
                type,
                "r",
                address,
                Optional.empty(),
                List.of(),
                Resource.IpStack.DUAL,
                List.of("hq"),
                true);
    }

    private static Policy policy(String id, Condition... conditions) {
        return new Policy(id, "g", "r", Arrays.asList(conditions), true);
    }

    private static Condition time(String... ranges) {
        return new Condition(
                Property.CURRENT_UTC_DATETIME,
                Operator.IS_IN_DAY_OF_WEEK_TIME_RANGES,
                Arrays.asList(ranges));
    }

    private static ClientFacts client(String region, boolean verified) {
        return new ClientFacts(
                "alice",
                IpAddress.parse("198.51.100.7"),
                new Location(Optional.of(region).filter(r -> !r.equals("-")), Optional.empty()),
                Optional.empty(),
                verified,
                new SemVer(1, 5, 4));
    }

    private static Verdict evaluate(ClientFacts client, Policy... policies) {
        return new PolicyEvaluator(directory(policies)).evaluate(client, "r", NOW);
    }

    @ParameterizedTest
    @CsvSource({
        // property, operator, value, region, verified, holds
        "remote_ip, is_in_cidr, 198.51.100.0/24, -, false, true",
        "remote_ip, is_in_cidr, 198.51.100.7, -, false, true",
        "remote_ip, is_in_cidr, 10.0.0.0/8, -, false, false",
        "remote_ip, is_in_cidr, 2001:db8::/32, -, false, false",
        "remote_ip, is_not_in_cidr, 10.0.0.0/8, -, false, true",
        "remote_ip, is_not_in_cidr, 198.51.100.0/24, -, false, false",
        "remote_ip_location_region, is_in, DE, DE, false, true",
        "remote_ip_location_region, is_in, DE, FR, false, false",
        "remote_ip_location_region, is_in, DE, -, false, false",
        "remote_ip_location_region, is_not_in, DE, FR, false, true",
        "remote_ip_location_region, is_not_in, DE, DE, false, false",
        "remote_ip_location_region, is_not_in, DE, -, false, false",
        "provider_id, is_in, p, -, false, false",
        "provider_id, is_not_in, p, -, false, true",
        "client_verified, is, true, -, true, true",
        "client_verified, is, true, -, false, false",
        "client_verified, is, false, -, false, true",
        "current_utc_datetime, is_in_day_of_week_time_ranges, M/09-11/UTC, -, false, true",
        "current_utc_datetime, is_in_day_of_week_time_ranges, T/true/UTC, -, false, false",
    })
    void everyConditionHoldsWhenItShould(
            String property,
            String operator,
            String value,
            String region,
            boolean verified,
            boolean holds) {
        var condition =
                new Condition(
                        Property.valueOf(property.toUpperCase()),
                        Operator.valueOf(operator.toUpperCase()),
                        List.of(value));
        var verdict = evaluate(client(region, verified), policy("p", condition));
        if (holds) {
            assertThat(verdict).isInstanceOf(Verdict.Allowed.class);
        } else {
            assertThat(verdict).isEqualTo(new Verdict.Violated(List.of(property)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'M/09:00-11:00/UTC', 2026-11-23T11:00:00Z",
        "'M/09-11,11-12:30/UTC', 2026-11-23T12:30:00Z",
        "'M/true/UTC', 2026-11-23T23:59:59Z",
        "'M/09-11:00:30/Europe/Berlin', 2026-11-23T10:00:30Z",
        "'M/11-12/Europe/Berlin', 2026-11-23T11:00:00Z",
        "'M//UTC', ",
        "'M/11-12/UTC', ",
        "'U/true/UTC', ",
    })
    void aTimeRangeEndsTheAccessWhenItEnds(String range, String end) {
        var endOfRange = TimeRanges.parse(range).endOfRangeAt(NOW);
        if (end == null) {
            assertThat(endOfRange).isEmpty();
        } else {
            assertThat(endOfRange).hasValue(Instant.parse(end).getEpochSecond());
        }
    }

    @Test
    void thePolicyThatLastsLongestIsTaken() {
        var verdict =
                evaluate(
                        client("-", false),
                        policy("short", time("M/09-11/UTC")),
                        policy("long", time("M/09-12/UTC"), time("M/08-13/UTC")));
        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Allowed.class,
                        a -> {
                            assertThat(a.policy().id()).isEqualTo("long");
                            assertThat(a.expiresAt()).isEqualTo(NOW + 2 * 3600);
                        });
        assertThat(evaluate(client("-", false), policy("a", time("M/09-11/UTC")), policy("b")))
                .isInstanceOfSatisfying(
                        Verdict.Allowed.class,
                        a -> assertThat(a.expiresAt()).isEqualTo(PolicyEvaluator.NEVER));
    }

    @Test
    void withoutMembershipOrEnabledPolicyThereIsNone() {
        var disabled = new Policy("p", "g", "r", List.of(), false);
        assertThat(evaluate(client("-", false), disabled)).isEqualTo(new Verdict.NoPolicy());
        var other = new Policy("p", "strangers", "r", List.of(), true);
        assertThat(evaluate(client("-", false), other)).isEqualTo(new Verdict.NoPolicy());
    }

    @ParameterizedTest
    @CsvSource({
        "1.1.9, **.corp.example, *.corp.example",
        "1.1.9, *.corp.example, ?.corp.example",
        "1.1.9, wiki.corp.example, wiki.corp.example",
        "1.1.9, wiki-?.corp.example, ",
        "1.2.0, wiki-?.corp.example, wiki-?.corp.example",
    })
    void oldPeersAreToldOldPatterns(String version, String pattern, String told) {
        var resource = resource(Resource.Type.DNS, pattern);
        var seen = Representation.forVersion(resource, SemVer.parse(version).orElseThrow());
        assertThat(seen.map(Resource::address)).isEqualTo(Optional.ofNullable(told));
    }
}
