package dev.gatehouse.portal.command;

import dev.gatehouse.portal.config.ConfigFile;
import dev.gatehouse.portal.config.ConfigMistake;
import dev.gatehouse.portal.config.DirectoryReader;
import dev.gatehouse.portal.token.TokenText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `portal token`: makes tokens.
@Command(
        name = "token",
        description = "Makes tokens for gateways, relays and clients.",
        mixinStandardHelpOptions = true,
        subcommands = PortalTokenCommand.Create.class)
public final class PortalTokenCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getErr());
        return CommandReport.MISTAKE;
    }

    /// What a token can be for.
    enum Type {
        gateway,
        relay,
        client
    }

    /// `portal token create`.
    @Command(
            name = "create",
            description = "Prints a new token once, and the lines that make the file accept it.",
            mixinStandardHelpOptions = true)
    static final class Create implements Callable<Integer> {
        private static final String HEADING = "tokens:";

        @Mixin private FileOptions files = new FileOptions();

        @Option(
                names = "--type",
                paramLabel = "<kind>",
                required = true,
                description = "${COMPLETION-CANDIDATES}")
        private Type type;

        @Option(
                names = "--site",
                paramLabel = "<name>",
                description = "Site of a gateway token.",
                defaultValue = "")
        private String site;

        @Option(
                names = "--actor",
                paramLabel = "<name>",
                description = "Actor of a client token.",
                defaultValue = "")
        private String actor;

        @Option(
                names = "--write",
                description = "Adds the lines to the file; prints the token alone.")
        private boolean write;

        @Spec private CommandSpec spec;

        @Override
        public Integer call() {
            return CommandReport.reporting(spec, files.config, this::create);
        }

        private int create() throws IOException, ConfigMistake, UsageMistake {
            String owner = owner();
            var token = TokenText.create(new SecureRandom());
            String lines = token.yaml(type.name(), owner);
            var out = spec.commandLine().getOut();
            if (write) {
                addToFile(lines);
                out.println(token.text());
            } else {
                out.printf("# The token, shown only here:%n%s%n", token.text());
                out.printf("# Add below \"tokens:\" of the portal file:%n%s", lines);
            }
            out.flush();
            return CommandReport.OK;
        }

        private String owner() throws IOException, ConfigMistake, UsageMistake {
            refuse(type != Type.gateway && !site.isEmpty(), "--site is for --type gateway only");
            refuse(type != Type.client && !actor.isEmpty(), "--actor is for --type client only");
            refuse(type == Type.gateway && site.isEmpty(), "--type gateway needs --site NAME");
            refuse(type == Type.client && actor.isEmpty(), "--type client needs --actor NAME");
            if (Files.exists(files.config)) {
                refuseUnknownOwner();
            } else {
                refuse(write, "--write: there is no file " + files.config);
            }
            return switch (type) {
                case gateway -> "site: \"" + site + "\"";
                case client -> "actor: \"" + actor + "\"";
                case relay -> "";
            };
        }

        private void refuseUnknownOwner() throws IOException, ConfigMistake, UsageMistake {
            var directory = new ConfigFile(files.config).read();
            refuse(
                    type == Type.gateway
                            && directory.sites().stream().noneMatch(s -> s.name().equals(site)),
                    "--site: no site of %s is named \"%s\"".formatted(files.config, site));
            refuse(
                    type == Type.client
                            && directory.actors().stream().noneMatch(a -> a.name().equals(actor)),
                    "--actor: no actor of %s is named \"%s\"".formatted(files.config, actor));
        }

        private static void refuse(boolean wrong, String message) throws UsageMistake {
            if (wrong) {
                throw new UsageMistake(message);
            }
        }

        /// Puts the lines right below the heading, keeps everything else, and replaces the file
        /// only if the result is valid.
        private void addToFile(String lines) throws IOException, ConfigMistake, UsageMistake {
            List<String> text = new ArrayList<>(Files.readAllLines(files.config));
            int heading = indexOfHeading(text);
            refuse(heading < 0, "--write: the file has no line \"tokens:\"; add one");
            String indented = atIndentOf(text, heading + 1, lines);
            text.addAll(heading + 1, indented.lines().toList());
            String result = String.join("\n", text) + "\n";
            DirectoryReader.read(result);
            var target = files.config.toRealPath();
            var draft = Files.createTempFile(target.getParent(), "portal", ".yaml");
            Files.writeString(draft, result);
            Files.setPosixFilePermissions(draft, Files.getPosixFilePermissions(target));
            Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
        }

        private static int indexOfHeading(List<String> text) {
            for (int i = 0; i < text.size(); i++) {
                if (text.get(i).split("#", 2)[0].stripTrailing().equals(HEADING)) {
                    return i;
                }
            }
            return -1;
        }

        /// Items of one list must start in the same column: follows the first one there is.
        private static String atIndentOf(List<String> text, int from, String lines) {
            for (String line : text.subList(from, text.size())) {
                if (line.stripLeading().startsWith("- ")) {
                    int indent = line.length() - line.stripLeading().length();
                    return lines.indent(indent - 2);
                }
                if (!line.isBlank() && !line.startsWith(" ") && !line.startsWith("#")) {
                    break;
                }
            }
            return lines;
        }
    }
}
