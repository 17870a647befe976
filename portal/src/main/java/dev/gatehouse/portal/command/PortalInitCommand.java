package dev.gatehouse.portal.command;

import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.config.DirectoryReader;
import dev.gatehouse.portal.token.TokenText;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `portal init`: writes a first portal file with comments, and shows its three tokens once.
@Command(
        name = "init",
        description = "Writes a first portal file and prints its tokens once.",
        mixinStandardHelpOptions = true)
public final class PortalInitCommand implements Callable<Integer> {
    private static final String TEMPLATE = "portal.yaml";

    @Mixin private FileOptions files = new FileOptions();

    @Option(
            names = "--slug",
            paramLabel = "<name>",
            description = "Short name of the account: a-z, 0-9, _.",
            defaultValue = "home")
    private String slug;

    @Option(
            names = "--tokens-dir",
            paramLabel = "<folder>",
            description =
                    "Writes the tokens to files gateway, relay and client in this directory"
                            + " (mode 0600) instead of printing them.")
    private Path tokensDirectory;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        return CommandReport.reporting(spec, files.config, this::init);
    }

    private int init() throws IOException, ConfigMistake, UsageMistake {
        if (Files.exists(files.config)) {
            throw new UsageMistake(
                    "--config: %s exists; remove it or name another file".formatted(files.config));
        }
        if (!slug.matches("[a-z0-9_]{1,100}")) {
            throw new UsageMistake("--slug: \"%s\" may hold a-z, 0-9 and _ only".formatted(slug));
        }
        var random = new SecureRandom();
        var gateway = TokenText.create(random);
        var relay = TokenText.create(random);
        var client = TokenText.create(random);
        String text =
                template()
                        .replace("@SLUG@", slug)
                        .replace("@GATEWAY_ID@", gateway.id())
                        .replace("@GATEWAY_HASH@", gateway.hash())
                        .replace("@RELAY_ID@", relay.id())
                        .replace("@RELAY_HASH@", relay.hash())
                        .replace("@CLIENT_ID@", client.id())
                        .replace("@CLIENT_HASH@", client.hash());
        DirectoryReader.read(text);
        Files.writeString(files.config, text);
        hand("gateway", gateway);
        hand("relay", relay);
        hand("client", client);
        return CommandReport.OK;
    }

    private static String template() throws IOException {
        try (InputStream in = PortalInitCommand.class.getResourceAsStream(TEMPLATE)) {
            if (in == null) {
                throw new IOException("the template is missing from the program");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void hand(String type, TokenText token) throws IOException {
        if (tokensDirectory == null) {
            spec.commandLine().getOut().printf("%s token: %s%n", type, token.text());
            spec.commandLine().getOut().flush();
            return;
        }
        var owner = PosixFilePermissions.fromString("rwx------");
        Files.createDirectories(tokensDirectory, PosixFilePermissions.asFileAttribute(owner));
        var file = tokensDirectory.resolve(type);
        Files.deleteIfExists(file);
        var mode = PosixFilePermissions.fromString("rw-------");
        Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
        Files.writeString(file, token.text() + "\n");
    }
}
