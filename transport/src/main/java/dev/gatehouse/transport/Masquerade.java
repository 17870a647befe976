package dev.gatehouse.transport;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Rewrites the source of what leaves the tunnel for another interface to that interface's address.
///
/// One nftables table of our own, put in place as a whole and removed at the end; rules of others
/// are neither read nor changed. An accept in our table could not overrule a drop in another, so
/// there is none: [#blockingForwardChains] names the chains that an administrator has to open.
public final class Masquerade implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Masquerade.class);
    private static final long NFT_WAIT_S = 10;
    private static final String DEFAULT_PATH = "/usr/sbin:/sbin:/usr/bin:/bin";

    private final Path nft;
    private final String table;
    private final List<String> tunNames;
    private boolean installed;

    /// @param nft the program, see [#findNft]
    /// @param table name of our table; two tunnels of one host need two
    /// @param tunNames the tunnel's interfaces, at least one: what goes from one to another is left
    ///     alone
    public Masquerade(Path nft, String table, List<String> tunNames) {
        this.nft = nft;
        this.table = table;
        this.tunNames = List.copyOf(tunNames);
    }

    /// Looks for `nft` on the path.
    public static Optional<Path> findNft() {
        String path = System.getenv().getOrDefault("PATH", "") + ":" + DEFAULT_PATH;
        return Arrays.stream(path.split(":"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, "nft"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// Puts the table in place, replacing one that a killed process left.
    public void install() throws IOException {
        run(rules());
        installed = true;
    }

    private String rules() {
        return """
        table inet %1$s
        delete table inet %1$s
        table inet %1$s {
            chain postrouting {
                type nat hook postrouting priority 100; policy accept;
                ip saddr 100.64.0.0/11 oifname != %2$s masquerade
                ip6 saddr fd00:2021:1111::/107 oifname != %2$s masquerade
            }
        }
        """
                .formatted(table, interfaces());
    }

    private String interfaces() {
        var quoted = tunNames.stream().map(name -> '"' + name + '"').toList();
        return quoted.size() == 1 ? quoted.getFirst() : "{ " + String.join(", ", quoted) + " }";
    }

    /// Lines of `nft list chains` for chains of others that drop forwarded packets by default.
    public String[] blockingForwardChains() throws IOException {
        return list("list", "chains")
                .lines()
                .filter(line -> line.contains("hook forward") && line.contains("policy drop"))
                .map(String::strip)
                .toArray(String[]::new);
    }

    @Override
    public void close() {
        if (!installed) {
            return;
        }
        installed = false;
        try {
            run("delete table inet %s%n".formatted(table));
        } catch (IOException e) {
            LOG.warn("cannot remove the masquerade rules: {}", e.getMessage());
        }
    }

    private void run(String script) throws IOException {
        start(script, "-f", "-");
    }

    private String list(String... arguments) throws IOException {
        return start("", arguments);
    }

    private String start(String input, String... arguments) throws IOException {
        var command = new String[arguments.length + 1];
        command[0] = nft.toString();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        }
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(NFT_WAIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("nft does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while nft ran", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException("nft failed: " + output.lines().findFirst().orElse("no reason"));
        }
        return output;
    }
}
