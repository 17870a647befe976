package dev.gatehouse.dataplane.host;

import dev.gatehouse.transport.host.Nft;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The host's packet filter, read for one question: what keeps packets of a kind from passing?
///
/// A packet must be let through by every chain of every table, whoever made it, so no rule of ours
/// could open what another closes. The answer is sure: only chains are named that let nothing of
/// the kind pass, whatever address, port or mark it has. A probe packet would tell of one
/// destination only, and administrators do open single ones.
///
/// Immutable. Rules of `iptables-legacy` are not nftables' and are not seen.
final class PacketFilter {
    private record Key(String family, String table, String chain) {}

    private record Rule(long handle, JsonArray statements) {}

    private record Chain(Key key, String hook, String policy, List<Rule> rules) {}

    private final Map<Key, Chain> chains;
    private final Map<String, String> lines; // by table and handle

    private PacketFilter(Map<Key, Chain> chains, Map<String, String> lines) {
        this.chains = chains;
        this.lines = lines;
    }

    static PacketFilter read(Nft nft) throws IOException {
        String json = nft.rulesetAsJson();
        boolean needsText = json.contains("\"conntrack\"") || json.contains("\"state\"");
        return parse(json, needsText ? nft.rulesetAsText() : "");
    }

    /// @param json of `nft -j list ruleset`
    /// @param text of `nft -a list ruleset`; may be empty
    static PacketFilter parse(String json, String text) throws IOException {
        try {
            var chains = new LinkedHashMap<Key, Chain>();
            for (var entry : new JsonObject(json).getJsonArray("nftables")) {
                add((JsonObject) entry, chains);
            }
            return new PacketFilter(chains, lines(text));
        } catch (DecodeException | ClassCastException | NullPointerException e) {
            throw new IOException("nft says what is not understood: " + e.getMessage(), e);
        }
    }

    private static void add(JsonObject entry, Map<Key, Chain> chains) {
        var chain = entry.getJsonObject("chain");
        if (chain != null) {
            var key = key(chain, "name");
            chains.put(
                    key,
                    new Chain(
                            key,
                            "filter".equals(chain.getString("type"))
                                    ? chain.getString("hook", "")
                                    : "",
                            chain.getString("policy", "accept"),
                            new ArrayList<>()));
        }
        var rule = entry.getJsonObject("rule");
        if (rule != null && chains.containsKey(key(rule, "chain"))) {
            chains.get(key(rule, "chain"))
                    .rules
                    .add(new Rule(rule.getLong("handle", 0L), rule.getJsonArray("expr")));
        }
    }

    private static Key key(JsonObject object, String chain) {
        return new Key(
                object.getString("family"), object.getString("table"), object.getString(chain));
    }

    private static Map<String, String> lines(String text) {
        var lines = new HashMap<String, String>();
        String table = "";
        for (String line : text.lines().map(String::strip).toList()) {
            var words = line.split(" ");
            if (words[0].equals("table") && words.length > 2) {
                table = words[1] + " " + words[2];
            }
            int mark = line.lastIndexOf("# handle ");
            if (mark > 0) {
                lines.put(table + " " + line.substring(mark + 9), line.substring(0, mark));
            }
        }
        return lines;
    }

    /// How many rules the tables of that name have, of whichever families.
    int rulesOf(String table) {
        return chains.values().stream()
                .filter(chain -> chain.key.table.equals(table))
                .mapToInt(chain -> chain.rules.size())
                .sum();
    }

    /// What lets nothing of the kind pass, for people; empty if some of it may.
    Optional<String> obstacle(Packets packets) {
        var tcp = obstacle(new RuleMatcher(packets, "tcp"));
        return tcp.isPresent() && obstacle(new RuleMatcher(packets, "udp")).isPresent()
                ? tcp
                : Optional.empty();
    }

    private Optional<String> obstacle(RuleMatcher matcher) {
        return matcher.packets().hooks().stream()
                .flatMap(hook -> baseChains(hook, matcher.packets().isV4()))
                .map(chain -> new Walk(matcher).run(chain))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private Stream<Chain> baseChains(String hook, boolean isV4) {
        return chains.values().stream()
                .filter(chain -> chain.hook.equals(hook))
                .filter(
                        chain ->
                                chain.key.family.equals("inet")
                                        || chain.key.family.equals(isV4 ? "ip" : "ip6"));
    }

    /// How an administrator opens the host for the tunnel.
    String remedy(String tunnel) {
        if (hasChain("DOCKER-USER")) {
            return ("iptables -I DOCKER-USER -i %1$s -j ACCEPT;"
                            + " iptables -I DOCKER-USER -o %1$s -j ACCEPT")
                    .formatted(tunnel);
        }
        if (chains.keySet().stream().anyMatch(key -> key.table.equals("firewalld"))) {
            return ("firewall-cmd --permanent --zone=trusted --add-interface=%s;"
                            + " firewall-cmd --reload")
                    .formatted(tunnel);
        }
        if (hasChain("ufw-user-forward")) {
            return "ufw route allow in on %1$s; ufw route allow out on %1$s".formatted(tunnel);
        }
        return "accept there what has the iifname or the oifname \"%s\"".formatted(tunnel);
    }

    private boolean hasChain(String name) {
        return chains.keySet().stream().anyMatch(key -> key.chain.equals(name));
    }

    private enum Verdict {
        NONE,
        PASS,
        DROP,
        RETURN,
        JUMP,
        GOTO
    }

    /// What a rule does with what it matches.
    ///
    /// @param target of jump and goto; empty otherwise
    private record Step(Match match, Verdict verdict, String target) {}

    /// One way through a base chain and those that it calls.
    private final class Walk {
        private static final int DEPTH_MAX = 16; // as the kernel's

        private final RuleMatcher matcher;
        private boolean mayPass;
        private String blockedBy = "";

        Walk(RuleMatcher matcher) {
            this.matcher = matcher;
        }

        Optional<String> run(Chain base) {
            boolean mayReachPolicy = walk(base, 0);
            if (mayReachPolicy && !base.policy.equals("drop")) {
                return Optional.empty();
            }
            if (mayReachPolicy && blockedBy.isEmpty()) {
                blockedBy = name(base) + " has the policy drop";
            }
            return mayPass ? Optional.empty() : Optional.of(blockedBy);
        }

        /// Returns whether anything may come back from the chain.
        private boolean walk(Chain chain, int depth) {
            boolean mayReturn = false;
            for (var rule : chain.rules) {
                for (var step : steps(chain, rule)) {
                    boolean isAll = step.match == Match.YES;
                    switch (step.verdict) {
                        case NONE -> isAll = false;
                        case PASS -> mayPass = true;
                        case DROP -> note(chain, rule, isAll);
                        case RETURN -> mayReturn = true;
                        case JUMP -> isAll &= !call(chain, step, depth);
                        case GOTO -> mayReturn |= call(chain, step, depth);
                    }
                    if (isAll) {
                        return mayReturn;
                    }
                }
            }
            return true;
        }

        private void note(Chain chain, Rule rule, boolean isAll) {
            if (isAll && blockedBy.isEmpty()) {
                blockedBy =
                        "%s drops or rejects it, rule with handle %d"
                                .formatted(name(chain), rule.handle);
            }
        }

        private boolean call(Chain from, Step step, int depth) {
            var target = chains.get(new Key(from.key.family, from.key.table, step.target));
            if (target == null || depth >= DEPTH_MAX) {
                mayPass = true; // not understood
                return true;
            }
            return walk(target, depth + 1);
        }

        private List<Step> steps(Chain chain, Rule rule) {
            var steps = new ArrayList<Step>();
            var match = Match.YES;
            for (var each : rule.statements) {
                var statement = (JsonObject) each;
                String kind = statement.fieldNames().iterator().next();
                switch (kind) {
                    case "match" -> match = match.and(matcher.match(statement.getJsonObject(kind)));
                    case "limit", "quota", "ct count", "connlimit" ->
                            match = match.and(Match.MAYBE);
                    case "xt" -> match = extension(chain, rule, statement, match, steps);
                    case "vmap" -> addAll(statement.getJsonObject(kind), match, steps);
                    default -> addVerdict(statement, match, steps);
                }
                if (match == Match.NO) {
                    break;
                }
            }
            return steps;
        }

        private Match extension(
                Chain chain, Rule rule, JsonObject statement, Match match, List<Step> steps) {
            var xt = statement.getValue("xt") instanceof JsonObject object ? object : null;
            if (xt == null || "match".equals(xt.getString("type"))) {
                var line =
                        lines.getOrDefault(
                                "%s %s %d"
                                        .formatted(chain.key.family, chain.key.table, rule.handle),
                                "");
                return match.and(matcher.extension(xt == null ? "" : xt.getString("name"), line));
            }
            switch (xt.getString("name", "")) {
                case "REJECT", "DROP" -> steps.add(new Step(match, Verdict.DROP, ""));
                case "NFQUEUE", "QUEUE" -> steps.add(new Step(match, Verdict.PASS, ""));
                default -> {} // marks, logs, counts: goes on
            }
            return match;
        }

        private void addAll(JsonObject vmap, Match match, List<Step> steps) {
            var data = vmap.getValue("data");
            if (!(data instanceof JsonObject set
                    && set.getValue("set") instanceof JsonArray entries
                    && vmap.getValue("key") instanceof JsonObject key)) {
                steps.add(new Step(match.and(Match.MAYBE), Verdict.PASS, "")); // a named map
                return;
            }
            for (var each : entries) {
                var entry = (JsonArray) each;
                var one = match.and(matcher.any(key, entry.getValue(0)));
                if (one != Match.NO) {
                    addVerdict(entry.getJsonObject(1), one, steps);
                }
            }
        }

        private static void addVerdict(JsonObject statement, Match match, List<Step> steps) {
            String kind = statement.fieldNames().iterator().next();
            var verdict =
                    switch (kind) {
                        case "accept", "queue" -> Verdict.PASS;
                        case "drop", "reject" -> Verdict.DROP;
                        case "return" -> Verdict.RETURN;
                        case "jump" -> Verdict.JUMP;
                        case "goto" -> Verdict.GOTO;
                        default -> Verdict.NONE; // counts, logs, marks
                    };
            var target =
                    statement.getValue(kind) instanceof JsonObject object
                            ? object.getString("target", "")
                            : "";
            steps.add(new Step(match, verdict, target));
        }

        private static String name(Chain chain) {
            return "chain %s of table %s %s"
                    .formatted(chain.key.chain, chain.key.family, chain.key.table);
        }
    }
}
