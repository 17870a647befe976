package dev.gatehouse.containers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The files of `deploy/monitoring`.
final class Monitoring {
    private static final Pattern METRIC = Pattern.compile("\\b(gatehouse|relay|jvm)_[a-z0-9_]+");

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
}
