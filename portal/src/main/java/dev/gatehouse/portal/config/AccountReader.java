package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Directory.Account;
import dev.gatehouse.portal.directory.Directory.NameServer;
import dev.gatehouse.portal.directory.Resource;
import dev.gatehouse.portal.token.PeerSecrets;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.net.URI;
import java.util.ArrayList;

/// Reads the section `account`: names, and what clients are told about DNS.
final class AccountReader {
    private static final int DNS_PORT = 53;

    private AccountReader() {}

    static Account read(YamlNode node) throws ConfigMistake {
        var section =
                new Section(
                        node,
                        "account",
                        "id",
                        "slug",
                        "name",
                        "upstream_dns",
                        "upstream_doh",
                        "search_domain");
        var slug = section.requiredText("slug");
        if (!slug.text().matches("[a-z0-9_]{1,100}")) {
            throw ConfigMistake.at(slug, "slug \"%s\" may hold a-z, 0-9 and _ only", slug.text());
        }
        var servers = new ArrayList<NameServer>();
        for (var server : section.texts("upstream_dns")) {
            servers.add(ConfigMistake.valid(server, () -> nameServer(server.text())));
        }
        var doh = new ArrayList<String>();
        for (var url : section.texts("upstream_doh")) {
            doh.add(ConfigMistake.valid(url, () -> httpsUrl(url.text())));
        }
        var domain = section.text("search_domain");
        if (domain.isPresent()) {
            var place = domain.get();
            ConfigMistake.valid(
                    place, () -> ResourceRules.address(Resource.Type.DNS, place.text()));
        }
        return new Account(
                section.id(PeerSecrets.namedId("account", "default")),
                slug.text(),
                section.text("name").map(YamlNode.Scalar::text).orElse(slug.text()),
                servers,
                doh,
                domain.map(YamlNode.Scalar::text));
    }

    private static NameServer nameServer(String text) {
        boolean bare = text.chars().filter(c -> c == ':').count() != 1 && !text.startsWith("[");
        if (bare) {
            return new NameServer(ResourceRules.outsideReserved(IpAddress.parse(text)), DNS_PORT);
        }
        var endpoint = Endpoint.parse(text);
        return new NameServer(ResourceRules.outsideReserved(endpoint.address()), endpoint.port());
    }

    private static String httpsUrl(String text) {
        var url = URI.create(text);
        if (!"https".equals(url.getScheme()) || url.getHost() == null) {
            throw new IllegalArgumentException("\"%s\" is not an https URL".formatted(text));
        }
        return text;
    }
}
