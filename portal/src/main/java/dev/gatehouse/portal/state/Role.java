package dev.gatehouse.portal.state;

import dev.gatehouse.portal.directory.Directory.TokenType;
import java.util.Locale;

/// What a connected peer is; the lower-case name is its topic.
public enum Role {
    GATEWAY(TokenType.GATEWAY),
    CLIENT(TokenType.CLIENT),
    RELAY(TokenType.RELAY);

    private final TokenType tokenType;

    Role(TokenType tokenType) {
        this.tokenType = tokenType;
    }

    public TokenType tokenType() {
        return tokenType;
    }

    public String topic() {
        return name().toLowerCase(Locale.ROOT);
    }
}
