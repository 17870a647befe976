package dev.gatehouse.demo;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// What the demo must leave as it found it: links, addresses, routes, rules, namespaces, packet
/// filter, sysctls, the resolver's file, and in `/etc`, `/run` and `/var/lib` whatever has a name
/// of ours. Other files there change on any host by themselves.
record HostState(Map<String, String> parts) {
    private static final List<List<String>> COMMANDS =
            List.of(
                    List.of("ip", "-j", "link"),
                    List.of("ip", "-j", "addr"),
                    List.of("ip", "-j", "route", "show", "table", "all"),
                    List.of("ip", "-j", "-6", "route", "show", "table", "all"),
                    List.of("ip", "-j", "rule"),
                    List.of("ip", "-j", "-6", "rule"),
                    List.of("ip", "netns"),
                    List.of("nft", "list", "ruleset"),
                    List.of("sysctl", "-a", "--pattern", "^net\\."));

    private static final Pattern OURS =
            Pattern.compile("gatehouse|firezone|/etc/(resolv\\.conf|hosts)$|/run/netns/");

    static HostState capture() {
        var parts = new TreeMap<String, String>();
        for (var command : COMMANDS) {
            var text = Shell.attempt(command, "").out();
            parts.put(String.join(" ", command), steady(text));
        }
        for (String root : List.of("/etc", "/run", "/var/lib")) {
            parts.put(root, files(Path.of(root)));
        }
        return new HostState(parts);
    }

    /// Counts down by itself, or counts what others do.
    private static String steady(String text) {
        return text.replaceAll("\"(valid_life_time|preferred_life_time|expires)\":\\d+", "")
                .replaceAll("(?m)^net\\.netfilter\\.nf_conntrack_count.*$", "");
    }

    private static String files(Path root) {
        var lines = new ArrayList<String>();
        try {
            Files.walkFileTree(
                    root,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult visitFile(
                                Path file, BasicFileAttributes attributes) {
                            if (OURS.matcher(file.toString()).find()) {
                                lines.add(
                                        file
                                                + " "
                                                + attributes.size()
                                                + " "
                                                + attributes.lastModifiedTime());
                            }
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFileFailed(Path file, IOException e) {
                            return FileVisitResult.CONTINUE; // it vanished while we looked
                        }
                    });
        } catch (IOException e) {
            lines.add("unreadable: " + e.getMessage());
        }
        lines.sort(null);
        return String.join("\n", lines);
    }

    /// What differs in `after`, one line each; empty if nothing does.
    List<String> differences(HostState after) {
        var differences = new ArrayList<String>();
        parts.forEach(
                (name, before) -> {
                    var then = List.of(before.split("\n"));
                    var now = List.of(after.parts.get(name).split("\n"));
                    now.stream()
                            .filter(line -> !then.contains(line))
                            .limit(3)
                            .forEach(line -> differences.add(name + ": new: " + line));
                    then.stream()
                            .filter(line -> !now.contains(line))
                            .limit(3)
                            .forEach(line -> differences.add(name + ": gone: " + line));
                });
        return differences;
    }

    /// Processes of a lab that are still alive.
    static List<String> leftovers(String mark) {
        var found = new ArrayList<String>();
        ProcessHandle.allProcesses()
                .filter(handle -> handle.pid() != ProcessHandle.current().pid())
                .forEach(
                        handle -> {
                            try {
                                var environment =
                                        Files.readString(
                                                Path.of("/proc/" + handle.pid() + "/environ"),
                                                java.nio.charset.StandardCharsets.ISO_8859_1);
                                if (environment.contains(Enclosure.MARK + "=" + mark)) {
                                    found.add(
                                            "process "
                                                    + handle.pid()
                                                    + " "
                                                    + handle.info().command().orElse(""));
                                }
                            } catch (IOException e) {
                                // it has ended
                                assert e.getMessage() != null;
                            }
                        });
        return found;
    }
}
