package dev.gatehouse.containers.site;

import dev.gatehouse.containers.engine.Engine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The files of `deploy/monitoring`, and the counters that SECURITY.md names.
final class Monitoring {
    private static final Pattern METRIC = Pattern.compile("\\b(gatehouse|relay|jvm)_[a-z0-9_]+");

    private static final Pattern COUNTER = Pattern.compile("`((?:gatehouse|relay)_[a-z0-9_]+)");
    private static final Pattern LABEL = Pattern.compile("\\b[a-z]+=\"[a-z_]+\"");

    private Monitoring() {}

    static Path folder() {
        return Engine.root().resolve("deploy/monitoring");
    }

    /// Every metric that an alert or the dashboard asks for.
    static Set<String> metrics() throws IOException {
        var names = new TreeSet<String>();
        for (String file : new String[] {"rules.yaml", "grafana-dashboard.json"}) {
            var matcher = METRIC.matcher(Files.readString(folder().resolve(file)));
            while (matcher.find()) {
                names.add(matcher.group());
            }
        }
        return names;
    }

    /// Every counter of a limit in SECURITY.md.
    static Set<String> countersOfLimits() throws IOException {
        return limits(COUNTER, 1);
    }

    /// Every label of such a counter, as a metrics page writes it: `reason="oversized"`.
    static Set<String> labelsOfLimits() throws IOException {
        return limits(LABEL, 0);
    }

    private static Set<String> limits(Pattern pattern, int group) throws IOException {
        var found = new TreeSet<String>();
        var matcher = pattern.matcher(Files.readString(Engine.root().resolve("SECURITY.md")));
        while (matcher.find()) {
            found.add(matcher.group(group));
        }
        return found;
    }
}
