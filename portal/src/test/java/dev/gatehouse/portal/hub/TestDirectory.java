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
        return read(
                withTokens(
                                """
                                account: {slug: acme}
                                sites: [{name: HQ}]
                                actors: [{name: alice}]
                                groups: [{name: all, members: [alice]}]
                                tokens:
                                  - {id: gw, type: gateway, site: HQ, hash: "%s"}
                                  - {id: rl, type: relay, hash: "%s"}
                                  - {id: cl, type: client, actor: alice, hash: "%s"}
                                """)
                        + "resources:\n"
                        + lines(resources, TestDirectory::resourceLine)
                        + "\npolicies:\n"
                        + lines(resources, "  - {group: all, resource: r%d}"::formatted));
    }

    /// Puts in the hashes of the driver's tokens: of gateways, relays and clients, in this order.
    static String withTokens(String yaml) {
        return yaml.formatted(
                HubDriver.hash(HubDriver.GATEWAY_TOKEN),
                HubDriver.hash(HubDriver.RELAY_TOKEN),
                HubDriver.hash(HubDriver.CLIENT_TOKEN));
    }

    static Directory read(String yaml) {
        try {
            return DirectoryReader.read(yaml);
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
