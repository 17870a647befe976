package dev.gatehouse.testkit.manifests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The files of the repository that manifests speak of.
public final class Checkout {
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");

    public static final Path ROOT = root();
    public static final Path KUSTOMIZE = ROOT.resolve("k8s");

    private Checkout() {}

    private static Path root() {
        var here = Path.of("").toAbsolutePath();
        while (here != null && !Files.isDirectory(here.resolve("k8s/overlays"))) {
            here = here.getParent();
        }
        if (here == null) {
            throw new IllegalStateException("no folder above this one has k8s/overlays");
        }
        return here;
    }

    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static List<String> overlays() {
        try (var folders = Files.list(KUSTOMIZE.resolve("overlays"))) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static Path rendered(String overlay) {
        return KUSTOMIZE.resolve("rendered").resolve(overlay + ".yaml");
    }

    /// Every string literal in the main code of a module.
    public static Set<String> literals(String module) {
        return matches(module, LITERAL);
    }

    /// The first group of every match in the main code of a module.
    public static Set<String> matches(String module, Pattern pattern) {
        var found = new TreeSet<String>();
        try (var files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
            files.filter(file -> file.toString().endsWith(".java"))
                    .flatMap(file -> pattern.matcher(read(file)).results())
                    .forEach(match -> found.add(match.group(1)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }
}
