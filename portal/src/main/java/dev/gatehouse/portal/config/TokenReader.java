package dev.gatehouse.portal.config;

import dev.gatehouse.portal.directory.Directory.Actor;
import dev.gatehouse.portal.directory.Directory.Site;
import dev.gatehouse.portal.directory.Directory.Token;
import dev.gatehouse.portal.directory.Directory.TokenType;
import dev.gatehouse.portal.policy.PolicyEvaluator;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/// Reads a token: whose it is, its hash, and until when it holds.
final class TokenReader {
    private final NamedThings<Site> sites;
    private final NamedThings<Actor> actors;

    TokenReader(NamedThings<Site> sites, NamedThings<Actor> actors) {
        this.sites = sites;
        this.actors = actors;
    }

    static Section section(YamlNode node) throws ConfigMistake {
        return new Section(
                node, "a token", "id", "type", "site", "actor", "hash", "expires", "enabled",
                "note");
    }

    Token read(Section section) throws ConfigMistake {
        var id = section.requiredText("id");
        var type = section.requiredChoice("type", TokenType.class);
        var hash = section.requiredText("hash");
        if (!hash.text().matches("sha256:[0-9a-f]{64}")) {
            throw ConfigMistake.at(
                    hash,
                    "hash must be sha256: and 64 hex digits; `portal token create` makes one");
        }
        return new Token(
                id.text(),
                type,
                owner(section, type),
                hash.text(),
                expiry(section),
                section.flag("enabled", true));
    }

    private String owner(Section section, TokenType type) throws ConfigMistake {
        refuseOwner(section, type != TokenType.GATEWAY, "site", type);
        refuseOwner(section, type != TokenType.CLIENT, "actor", type);
        return switch (type) {
            case GATEWAY -> sites.named(section.requiredText("site")).id();
            case CLIENT -> actors.named(section.requiredText("actor")).id();
            case RELAY -> "";
        };
    }

    private static void refuseOwner(Section section, boolean wrong, String key, TokenType type)
            throws ConfigMistake {
        var value = section.value(key);
        if (wrong && value.isPresent()) {
            throw ConfigMistake.at(
                    value.get(),
                    "a %s token has no %s; remove it",
                    type.name().toLowerCase(Locale.ROOT),
                    key);
        }
    }

    private static long expiry(Section section) throws ConfigMistake {
        var text = section.text("expires");
        if (text.isEmpty()) {
            return PolicyEvaluator.NEVER;
        }
        String value = text.get().text();
        try {
            return value.length() == 10
                    ? LocalDate.parse(value).atStartOfDay(ZoneOffset.UTC).toEpochSecond()
                    : Instant.parse(value).getEpochSecond();
        } catch (DateTimeException _) {
            throw ConfigMistake.at(
                    text.get(),
                    "expires \"%s\" is neither 2027-01-31 nor 2027-01-31T12:00:00Z",
                    value);
        }
    }
}
