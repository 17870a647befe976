package dev.gatehouse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One simulated machine: a network namespace, with `/etc`, `/run` and `/var/lib` of its own for
/// every program that runs in it; `/etc` begins as a copy of the host's.
public final class Host {
    private final String name;
    private final Path folder;

    private Host(String name, Path folder) {
        this.name = name;
        this.folder = folder;
    }

    static Host create(String name, Path labFolder) {
        var folder = labFolder.resolve(name);
        try {
            for (String part : List.of("run", "lib", "tmp", "log", "etc", "work")) {
                Files.createDirectories(folder.resolve(part));
            }
            Files.writeString(folder.resolve("resolv.conf"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Shell.run("ip", "netns", "add", name);
        var host = new Host(name, folder);
        host.run("ip", "link", "set", "lo", "up");
        host.sysctl("net.ipv6.conf.default.accept_dad", "0");
        host.sysctl("net.ipv6.conf.all.accept_dad", "0");
        return host;
    }

    public String name() {
        return name;
    }

    /// Where this machine's own files lie, as the lab sees them.
    public Path folder() {
        return folder;
    }

    /// The machine's `/run`, as the lab sees it.
    public Path runFolder() {
        return folder.resolve("run");
    }

    /// The machine's `/var/lib`, as the lab sees it.
    public Path libFolder() {
        return folder.resolve("lib");
    }

    public void resolver(String... lines) {
        try {
            Files.writeString(folder.resolve("resolv.conf"), String.join("\n", lines) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void sysctl(String key, String value) {
        run("sysctl", "-q", "-w", key + "=" + value);
    }

    public void nft(String rules) {
        Shell.feed(rules, "ip", "netns", "exec", name, "nft", "-f", "-");
    }

    /// Runs a program in this namespace and returns what it printed.
    public String run(String... command) {
        return Shell.run(inside(List.of(command)).toArray(String[]::new));
    }

    /// Runs a program in this namespace with this machine's files, whatever its end.
    public Shell.Result attempt(String... command) {
        return Shell.attempt(withFiles(List.of(command)), "");
    }

    /// Starts a program in this namespace with this machine's files; its output goes to a log.
    public Program start(String label, Map<String, String> environment, List<String> command) {
        return Program.start(this, label, environment, withFiles(command));
    }

    private List<String> inside(List<String> command) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(command);
        return all;
    }

    /// `exec` at the end: the process that the lab sees is the program itself.
    List<String> withFiles(List<String> command) {
        var script =
                """
                mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/etc,workdir=$0/work" /etc
                rm -f /etc/resolv.conf && : >/etc/resolv.conf # may be a link to what is not here
                mount --bind "$0/resolv.conf" /etc/resolv.conf
                mount --bind "$0/run" /run
                mount --bind "$0/lib" /var/lib
                exec "$@"
                """;
        var all =
                new ArrayList<>(
                        List.of(
                                "nsenter",
                                "--net=/run/netns/" + name,
                                "unshare",
                                "--mount",
                                "sh",
                                "-e",
                                "-c",
                                script,
                                folder.toString()));
        all.addAll(command);
        return all;
    }

    @Override
    public String toString() {
        return name;
    }
}
