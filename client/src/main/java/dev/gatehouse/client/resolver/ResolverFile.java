package dev.gatehouse.client.resolver;

import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.wire.IpAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The text of a `resolv.conf`, resolv.conf(5): what it says, and how ours is made of it.
///
/// Ours carries the original in comments, so that it can be put back where nothing can be kept
/// beside it, as in a container with a read-only root.
final class ResolverFile {
    static final String HEADER = "# BEGIN Firezone DNS configuration";

    private static final String ORIGINAL = "#| ";
    private static final String NAMESERVER = "nameserver";
    private static final Set<String> SEARCH = Set.of("search", "domain");
    private static final String OPTIONS = "options";

    /// musl ignores a longer list as a whole, resolvers older than glibc 2.26 all but 256.
    private static final int SEARCH_LENGTH_MAX = 255;

    private ResolverFile() {}

    /// Whether a client has written it, ours or another's.
    static boolean isOurs(String text) {
        return text.startsWith(HEADER);
    }

    /// Ours: the sentinels, the search list, and all else that the original says.
    ///
    /// One dot is enough for a name to be asked for as it is (`ndots:1`, client.md 25): a resource
    /// such as `**.corp.example` would answer for every name that is tried with the search domain.
    static String render(String original, DnsWish wish) {
        var lines = new ArrayList<String>();
        lines.add(HEADER);
        lines.add("# Put back when the client ends, also after a kill: from below.");
        wish.sentinels().forEach(sentinel -> lines.add(NAMESERVER + " " + sentinel));
        var search = search(original, wish.searchDomain());
        if (!search.isEmpty()) {
            lines.add("search " + String.join(" ", search));
        }
        lines.add(options(original));
        lines.addAll(others(original));
        original.lines().map(line -> ORIGINAL + line).forEach(lines::add);
        if (!original.endsWith("\n")) {
            lines.add(ORIGINAL.strip()); // its last line has no end
        }
        return String.join("\n", lines) + "\n";
    }

    /// The original that ours carries; empty if it carries none, as another client's.
    static Optional<String> original(String ours) {
        var kept = ours.lines().filter(line -> line.startsWith(ORIGINAL.strip())).toList();
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        boolean isUnended = kept.getLast().equals(ORIGINAL.strip());
        var text =
                kept.stream()
                        .filter(line -> line.startsWith(ORIGINAL))
                        .map(line -> line.substring(ORIGINAL.length()))
                        .collect(Collectors.joining("\n"));
        return Optional.of(isUnended ? text : text + "\n");
    }

    /// What others have written, without what they copied from ours; empty if no server is left
    /// that could be asked.
    static Optional<String> takenOver(String foreign) {
        if (servers(foreign).isEmpty()) {
            return Optional.empty();
        }
        boolean hasOurs =
                foreign.lines().anyMatch(line -> line.startsWith("#|") || isSentinel(line))
                        || foreign.contains(HEADER);
        if (!hasOurs) {
            return Optional.of(foreign);
        }
        return Optional.of(
                foreign.lines()
                        .filter(line -> !line.startsWith("#|") && !line.equals(HEADER))
                        .filter(line -> !isSentinel(line))
                        .map(line -> line + "\n")
                        .collect(Collectors.joining()));
    }

    private static boolean isSentinel(String line) {
        var words = words(line);
        return words.length > 1
                && words[0].equals(NAMESERVER)
                && address(words[1]).filter(AddressPlan::isSentinel).isPresent();
    }

    /// The servers it names: none of ours, and none that needs a zone.
    static List<IpAddress> servers(String text) {
        return text.lines()
                .map(ResolverFile::words)
                .filter(words -> words.length > 1 && words[0].equals(NAMESERVER))
                .flatMap(words -> address(words[1]).stream())
                .filter(address -> !AddressPlan.isSentinel(address))
                .distinct()
                .toList();
    }

    /// Empty for what is no address that we could ask.
    static Optional<IpAddress> address(String text) {
        try {
            return Optional.of(IpAddress.parse(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty(); // an IPv6 zone, for one
        }
    }

    /// A cluster's own names, which the kubelet has put there, go first: a wildcard resource of the
    /// portal's domain would answer for each of its services. The portal's goes before those of the
    /// network that the host happens to be in, which must not answer for it.
    private static List<String> search(String original, Optional<String> portals) {
        var own = search(original);
        var cluster =
                own.stream()
                        .filter(name -> name.toLowerCase(Locale.ROOT).startsWith("svc."))
                        .map(name -> name.toLowerCase(Locale.ROOT).substring("svc.".length()))
                        .toList();
        var inOrder = new LinkedHashSet<String>();
        own.stream().filter(name -> isOfCluster(name, cluster)).forEach(inOrder::add);
        portals.ifPresent(inOrder::add);
        inOrder.addAll(own);
        return limited(inOrder);
    }

    private static boolean isOfCluster(String name, List<String> domains) {
        var lower = name.toLowerCase(Locale.ROOT);
        return domains.stream()
                .anyMatch(domain -> lower.equals(domain) || lower.endsWith("." + domain));
    }

    /// The last line wins, resolv.conf(5).
    private static List<String> search(String text) {
        return text.lines()
                .map(ResolverFile::words)
                .filter(words -> words.length > 1 && SEARCH.contains(words[0]))
                .reduce((_, last) -> last)
                .map(words -> Arrays.stream(words).skip(1).filter(word -> !word.equals(".")))
                .orElse(Stream.empty())
                .toList();
    }

    private static List<String> limited(Set<String> names) {
        var kept = new ArrayList<String>();
        int length = 0;
        for (var name : names) {
            length += name.length() + 1;
            if (length > SEARCH_LENGTH_MAX) {
                break;
            }
            kept.add(name);
        }
        return kept;
    }

    private static String options(String original) {
        var options =
                original.lines()
                        .map(ResolverFile::words)
                        .filter(words -> words[0].equals(OPTIONS))
                        .flatMap(words -> Arrays.stream(words).skip(1))
                        .filter(word -> !word.startsWith("ndots:"));
        return Stream.concat(Stream.of(OPTIONS, "ndots:1"), options)
                .collect(Collectors.joining(" "));
    }

    /// `sortlist`, and whatever else a resolver may know.
    private static List<String> others(String original) {
        var known = Set.of(NAMESERVER, "search", "domain", OPTIONS, "");
        return original.lines()
                .filter(line -> !known.contains(words(line)[0]))
                .filter(line -> !line.strip().startsWith("#") && !line.strip().startsWith(";"))
                .toList();
    }

    private static String[] words(String line) {
        return line.strip().split("\\s+");
    }
}
