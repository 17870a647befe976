package dev.gatehouse.demo;

import dev.gatehouse.portal.token.PeerSecrets;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The file of a portal for a system that is gone within minutes: one site HQ, one actor, one group
/// that may use every resource, and a token of each type.
///
/// @param name of the account; the ids of the tokens begin with it
public record PortalFile(String name) {
    /// The text of the token of a type: `gateway`, `relay` or `client`.
    public String token(String type) {
        return ".%s-%s.not-a-secret-outside-of-the-%s".formatted(name, type, name);
    }

    /// @param resources the list in YAML, not indented
    /// @param names of those resources
    public String text(String resources, String... names) {
        var policies =
                Arrays.stream(names)
                        .map("  - {group: Staff, resource: \"%s\"}\n"::formatted)
                        .collect(Collectors.joining());
        return """
        account:
          slug: %s
        sites:
          - name: HQ
        actors:
          - name: Robin
        groups:
          - name: Staff
            members: [Robin]
        tokens:
          - {id: %s, type: gateway, site: HQ, hash: "%s"}
          - {id: %s, type: relay, hash: "%s"}
          - {id: %s, type: client, actor: Robin, hash: "%s"}
        resources:
        %spolicies:
        %s"""
                .formatted(
                        name,
                        name + "-gateway",
                        hash("gateway"),
                        name + "-relay",
                        hash("relay"),
                        name + "-client",
                        hash("client"),
                        resources.indent(2),
                        policies);
    }

    private String hash(String type) {
        return PeerSecrets.tokenHash(token(type));
    }
}
