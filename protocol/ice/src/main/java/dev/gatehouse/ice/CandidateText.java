package dev.gatehouse.ice;

import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import java.util.Optional;

/// Reads candidate strings, tunnel.md section 2.5.
final class CandidateText {
    private static final String PREFIX = "candidate:";
    private static final int POSITIONAL_WORDS = 8; // foundation to kind
    private static final int FOUNDATION_CHARACTERS_MAX = 32;

    private CandidateText() {}

    static Optional<Candidate> parse(String[] words) {
        if (words.length < POSITIONAL_WORDS || !words[0].startsWith(PREFIX)) {
            return Optional.empty();
        }
        String foundation = words[0].substring(PREFIX.length());
        boolean isOurs =
                isFoundation(foundation)
                        && words[1].equals("1")
                        && words[2].equalsIgnoreCase("udp")
                        && words[6].equals("typ");
        var kind = Candidate.kind(words[7]);
        if (!isOurs || kind.isEmpty()) {
            return Optional.empty();
        }
        try {
            long priority = Long.parseLong(words[3]);
            var address = endpoint(words[4], words[5]);
            var base = related(words, address);
            return Candidate.isPriority(priority)
                    ? Optional.of(
                            new Candidate(
                                    kind.get(),
                                    address,
                                    base,
                                    priority,
                                    foundation,
                                    Optional.ofNullable(value(words, "ufrag"))))
                    : Optional.empty();
        } catch (IllegalArgumentException _) { // a number, an address or a port that is none
            return Optional.empty();
        }
    }

    private static boolean isFoundation(String text) {
        return !text.isEmpty()
                && text.length() <= FOUNDATION_CHARACTERS_MAX
                && text.chars().allMatch(CandidateText::isIceCharacter);
    }

    private static boolean isIceCharacter(int c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '+'
                || c == '/';
    }

    private static Endpoint related(String[] words, Endpoint address) {
        String ip = value(words, "raddr");
        String port = value(words, "rport");
        return ip == null || port == null ? address : endpoint(ip, port);
    }

    private static Endpoint endpoint(String ip, String port) {
        return new Endpoint(IpAddress.parse(ip), Integer.parseInt(port));
    }

    /// The word behind `key` among the key-value pairs, or null.
    private static String value(String[] words, String key) {
        for (int i = POSITIONAL_WORDS; i + 1 < words.length; i += 2) {
            if (words[i].equals(key)) {
                return words[i + 1];
            }
        }
        return null;
    }
}
