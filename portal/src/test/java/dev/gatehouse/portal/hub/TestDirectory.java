package dev.gatehouse.portal.hub;

import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.config.DirectoryReader;
import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.token.PeerSecrets;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A directory of one site, one actor and so many CIDR resources `r0`, `r1` …, all allowed.
final class TestDirectory {
    private TestDirectory() {}

    static Directory of(int resources) {
        try {
            return DirectoryReader.read(
                    """
                    account: {slug: acme}
                    sites: [{name: HQ}]
                    actors: [{name: alice}]
                    groups: [{name: all, members: [alice]}]
                    tokens:
                      - {id: gw, type: gateway, site: HQ, hash: "%s"}
                      - {id: rl, type: relay, hash: "%s"}
                      - {id: cl, type: client, actor: alice, hash: "%s"}
                    resources:
                    %s
                    policies:
                    %s
                    """
                            .formatted(
                                    HubDriver.hash(HubDriver.GATEWAY_TOKEN),
                                    HubDriver.hash(HubDriver.RELAY_TOKEN),
                                    HubDriver.hash(HubDriver.CLIENT_TOKEN),
                                    lines(resources, TestDirectory::resourceLine),
                                    lines(
                                            resources,
                                            "  - {group: all, resource: r%d}"::formatted)));
        } catch (ConfigMistake e) {
            throw new AssertionError(e.oneLine("yaml"), e);
        }
    }

    private static String resourceLine(int i) {
        return "  - {name: r%d, type: cidr, sites: [HQ], address: 10.%d.%d.0/24}"
                .formatted(i, i / 250, i % 250);
    }

    private static String lines(int count, IntFunction<String> line) {
        return IntStream.range(0, count).mapToObj(line).collect(Collectors.joining("\n"));
    }

    static String resource(int i) {
        return PeerSecrets.namedId("resource", "r" + i);
    }
}
