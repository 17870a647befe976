package dev.gatehouse.portal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gatehouse.portal.directory.Resource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirectoryReaderTest {
    private static final String HASH = "sha256:" + "0".repeat(64);
    private static final String FILE =
            """
            account:
              slug: acme
              upstream_dns: ["9.9.9.9", "[2620:fe::fe]:5353", "2620:fe::9"]
            sites:
              - name: HQ
            actors:
              - name: alice
            groups:
              - name: all
                members: [alice]
            tokens:
              - id: t1
                type: client
                actor: alice
                hash: "%s"
                expires: 2027-01-31
            resources:
              - name: Lab
                type: cidr
                address: 10.20.0.1/16
                sites: [HQ]
                filters:
                  - protocol: tcp
                    ports: [443, "8000 - 8100"]
                  - protocol: icmp
            policies:
              - group: all
                resource: Lab
                conditions:
                  - property: remote_ip
                    operator: is_in_cidr
                    values: ["10.0.0.0/8"]
            """
                    .formatted(HASH);

    @Test
    void readsAWholeFile() throws ConfigMistake {
        var directory = DirectoryReader.read(FILE);
        var resource = directory.resources().getFirst();
        assertThat(resource.address()).isEqualTo("10.20.0.0/16");
        assertThat(resource.filters())
                .containsExactly(
                        new Resource.Filter(Resource.Protocol.TCP, 443, 443),
                        new Resource.Filter(Resource.Protocol.TCP, 8000, 8100),
                        new Resource.Filter(Resource.Protocol.ICMP, 0, 65535));
        assertThat(directory.account().upstreamDns())
                .extracting(s -> s.port())
                .containsExactly(53, 5353, 53);
        assertThat(directory.tokens().getFirst().expiresAt()).isEqualTo(1801353600L);
        assertThat(directory.policies().getFirst().resourceId()).isEqualTo(resource.id());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "slug: acme | slog: acme | 2:3 | unknown key \"slog\"",
                "slug: acme | slug: Acme Inc | 2:9 | may hold a-z",
                "members: [alice] | members: [bob] | 10:15 | no actor is named \"bob\"",
                "type: client | type: user | 13:11 | write one of gateway, relay, client",
                "actor: alice | site: HQ | 14:11 | a client token has no site",
                "sha256: | md5: | 15:11 | 64 hex digits",
                "2027-01-31 | tomorrow | 16:14 | neither 2027-01-31",
                "10.20.0.1/16 | 10.20.0.1 | 20:14 | has no prefix length",
                "10.20.0.1/16 | 100.64.1.0/24 | 20:14 | the tunnel itself uses",
                "10.20.0.1/16 | 127.0.0.0/8 | 20:14 | loopback",
                "sites: [HQ] | sites: [] | 18:5 | has no sites",
                "sites: [HQ] | sites: HQ | 21:12 | must be a list",
                "443, | 70000, | 24:17 | must rise and end at 65535",
                "type: cidr | type: dns | 20:14 | labels are letters",
                "group: all | group: none | 27:12 | no group is named \"none\"",
                "is_in_cidr | is_in | 31:19 | is compared with is_in_cidr or is_not_in_cidr",
                "10.0.0.0/8 | 10.0.0.0/99 | 32:18 | prefix length",
                "slug: acme | slug: {a: b} | 2:9 | must be a text, found a mapping",
                "slug: acme | slug: [ | 4:6 | not valid YAML",
                "- name: alice | - name: alice\\n  - name: alice | 8:11 | a second actor",
                "- name: HQ | - name: HQ\\n    name: HQ | 6:5 | not valid YAML",
            })
    void everyMistakeIsToldWithItsPlace(String good, String bad, String place, String message) {
        assertThat(FILE).contains(good);
        int at = FILE.indexOf(good);
        String file =
                FILE.substring(0, at)
                        + bad.replace("\\n", "\n")
                        + FILE.substring(at + good.length());
        var mistake = catchThrowableOfType(ConfigMistake.class, () -> DirectoryReader.read(file));
        assertThat(mistake).isNotNull();
        assertThat(mistake.oneLine("f")).contains(message).doesNotContain("\n");
        if (!message.startsWith("not valid")) {
            assertThat(mistake.line() + ":" + mistake.column()).isEqualTo(place);
        }
        assertThat(mistake.line()).isPositive();
    }

    @Test
    void anEmptyFileSaysHowToGetAFirstOne() {
        var mistake = catchThrowableOfType(ConfigMistake.class, () -> DirectoryReader.read("\n"));
        assertThat(mistake.oneLine("p.yaml"))
                .isEqualTo("p.yaml:1:1: the file is empty; `portal init` writes a first one");
    }

    @ParameterizedTest
    @CsvSource({
        "*.corp.example, true",
        "**.corp.example, true",
        "w?ki.corp.example, true",
        "example, true",
        "bücher.example, true",
        "a**.corp.example, false",
        "corp.*, false",
        "'', false",
        "10.0.0.1, false",
        "localhost, false",
        "-a.example, false",
        "a..example, false",
    })
    void dnsPatternsFollowTheRules(String pattern, boolean valid) {
        var e =
                org.assertj.core.api.Assertions.catchException(
                        () ->
                                dev.gatehouse.portal.config.ResourceRules.address(
                                        Resource.Type.DNS, pattern));
        assertThat(e == null).isEqualTo(valid);
    }
}
