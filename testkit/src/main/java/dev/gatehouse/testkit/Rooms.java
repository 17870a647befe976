package dev.gatehouse.testkit;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BinaryOperator;
import java.util.stream.Collectors;

/// The packages of a module as a stranger walks them: each says at its door what it is for, none is
/// a hall, and who uses whom is written down in the module's `RoomsTest`, which is thereby a map
/// that is never out of date.
public final class Rooms {
    /// Files of a package, in main and test sources each.
    public static final int FILES_MAX = 20;

    private static final String PICTURE = "ARCHITECTURE.md";
    private static final int DOOR_LINES_MIN = 2;
    private static final int DOOR_LINES_MAX = 6;

    private Rooms() {}

    /// Checks the packages below `root` of the module that is being tested.
    ///
    /// @param arrows a line a package, without `root`: `tun -> netlink sys`; `.` is the root
    ///     itself. A package that uses no other has nothing after its arrow
    /// @throws AssertionError naming each arrow too many or too few, each cycle, each package
    ///     without a `package-info` of two to six lines, each with more than [#FILES_MAX] files,
    ///     and each that lacks in the picture of ARCHITECTURE.md, or is only there
    public static void check(String root, String arrows) {
        checkIn(Path.of(""), root, arrows);
    }

    /// As [#check], for the module in `folder`. Of a module without main sources the packages of
    /// its tests are walked.
    public static void checkIn(Path folder, String root, String arrows) {
        var sources = folder.resolve("src/main/java");
        var tests = folder.resolve("src/test/java");
        boolean isTestsOnly = !Files.isDirectory(sources.resolve(folder(root)));
        var walked = isTestsOnly ? tests : sources;
        var classes = classes(root, isTestsOnly);
        var faults = new ArrayList<String>();
        var found = arrows(walked, root, classes);
        faults.addAll(compare(found, parse(arrows)));
        faults.addAll(pictureFaults(folder.toAbsolutePath().normalize(), found.keySet()));
        faults.addAll(folderFaults(walked.resolve(folder(root)), true));
        faults.addAll(folderFaults(tests, false));
        if (!faults.isEmpty()) {
            throw new AssertionError(String.join(System.lineSeparator(), new TreeSet<>(faults)));
        }
        GatehouseArchRules.noCycles().check(classes);
    }

    private static JavaClasses classes(String root, boolean isTestsOnly) {
        var importer = new ClassFileImporter();
        return (isTestsOnly
                        ? importer
                        : importer.withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS))
                .importPackages(root);
    }

    /// Room, then who it uses, then an example. What a compiler generated has no room.
    private static SortedMap<String, SortedMap<String, String>> arrows(
            Path sources, String root, JavaClasses classes) {
        var found = new TreeMap<String, SortedMap<String, String>>();
        for (var from : classes) {
            if (Files.isDirectory(sources.resolve(folder(from.getPackageName())))) {
                found.computeIfAbsent(room(root, from), _ -> new TreeMap<>());
                from.getDirectDependenciesFromSelf().forEach(use -> note(root, use, found));
            }
        }
        return found;
    }

    private static String folder(String packageName) {
        return packageName.replace('.', '/');
    }

    private static void note(
            String root, Dependency dependency, Map<String, SortedMap<String, String>> found) {
        var to = dependency.getTargetClass();
        String from = room(root, dependency.getOriginClass());
        boolean isOurs = to.getPackageName().equals(root) || to.getName().startsWith(root + ".");
        if (isOurs && !room(root, to).equals(from)) {
            String example =
                    dependency.getOriginClass().getSimpleName() + " uses " + to.getSimpleName();
            found.get(from).merge(room(root, to), example, BinaryOperator.minBy(String::compareTo));
        }
    }

    private static String room(String root, JavaClass javaClass) {
        String name = javaClass.getPackageName();
        return name.equals(root) ? "." : name.substring(root.length() + 1);
    }

    private static SortedMap<String, SortedSet<String>> parse(String arrows) {
        var named = new TreeMap<String, SortedSet<String>>();
        for (String line : arrows.lines().map(String::strip).filter(l -> !l.isEmpty()).toList()) {
            String[] ends = line.split("->", -1);
            if (ends.length != 2) {
                throw new IllegalArgumentException("not \"room -> rooms\": " + line);
            }
            named.put(
                    ends[0].strip(),
                    Arrays.stream(ends[1].strip().split(" +"))
                            .filter(room -> !room.isEmpty())
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
        return named;
    }

    static List<String> compare(
            SortedMap<String, SortedMap<String, String>> found,
            SortedMap<String, SortedSet<String>> named) {
        var faults = new ArrayList<String>();
        found.forEach(
                (from, targets) -> {
                    var allowed = named.getOrDefault(from, new TreeSet<>());
                    targets.forEach(
                            (to, example) -> {
                                if (!allowed.contains(to)) {
                                    faults.add(
                                            "not on the map: %s -> %s (%s)"
                                                    .formatted(from, to, example));
                                }
                            });
                    allowed.stream()
                            .filter(to -> !targets.containsKey(to))
                            .forEach(to -> faults.add("on the map only: " + from + " -> " + to));
                    if (!named.containsKey(from)) {
                        faults.add("not on the map: %s -> ".formatted(from));
                    }
                });
        named.keySet().stream()
                .filter(room -> !found.containsKey(room))
                .forEach(room -> faults.add("on the map only: " + room));
        return faults;
    }

    /// The rooms of `module` beside its root are those of the picture in ARCHITECTURE.md.
    private static List<String> pictureFaults(Path module, Set<String> rooms) {
        var root = module;
        while (root != null && !Files.exists(root.resolve(PICTURE))) {
            root = root.getParent();
        }
        if (root == null) {
            return List.of("no " + PICTURE + " above " + module);
        }
        try (var lines = Files.lines(root.resolve(PICTURE))) {
            String name = root.relativize(module).toString();
            return pictureFaults(pictured(lines.toList(), name), rooms);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> pictureFaults(Set<String> pictured, Set<String> rooms) {
        var missing = new TreeSet<>(rooms);
        missing.remove(".");
        boolean isOneRoom = missing.isEmpty();
        missing.removeAll(pictured);
        var gone = new TreeSet<>(pictured);
        gone.removeAll(rooms);
        var faults = new ArrayList<String>();
        missing.forEach(room -> faults.add("not in the picture of " + PICTURE + ": " + room));
        if (!isOneRoom) { // else the picture says in words what the module is
            gone.forEach(room -> faults.add("only in the picture of " + PICTURE + ": " + room));
        }
        return faults;
    }

    /// The words after `module` and two spaces at the beginning of a line, and of the indented
    /// lines below it; those after `folder:` lie in that folder.
    static Set<String> pictured(List<String> picture, String module) {
        var rooms = new TreeSet<String>();
        boolean isInside = false;
        for (String line : picture) {
            boolean isIndented = line.startsWith("  ");
            isInside = isIndented ? isInside : line.startsWith(module + "  ");
            if (isInside) {
                String words = isIndented ? line : line.substring(module.length());
                addRooms(words.replace("*", "").strip(), rooms);
            }
        }
        return rooms;
    }

    private static void addRooms(String words, Set<String> rooms) {
        String prefix = "";
        for (String word : words.split(" +")) {
            if (word.endsWith(":")) {
                prefix = word.substring(0, word.length() - 1);
                rooms.add(prefix);
                prefix += ".";
            } else if (!word.isEmpty()) {
                rooms.add(prefix + word);
            }
        }
    }

    static List<String> folderFaults(Path sources, boolean needDoors) {
        if (!Files.isDirectory(sources)) {
            return List.of();
        }
        try (var files = Files.walk(sources)) {
            return files
                    .filter(file -> file.toString().endsWith(".java"))
                    .collect(
                            Collectors.groupingBy(
                                    Path::getParent, TreeMap::new, Collectors.toList()))
                    .entrySet()
                    .stream()
                    .flatMap(room -> faultsOf(room.getKey(), room.getValue(), needDoors).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> faultsOf(Path folder, List<Path> files, boolean needDoors) {
        var faults = new ArrayList<String>();
        long rooms = files.stream().filter(file -> !isDoor(file)).count();
        if (rooms > FILES_MAX) {
            faults.add("%s: %d files, more than %d".formatted(folder, rooms, FILES_MAX));
        }
        if (needDoors) {
            long lines = files.stream().filter(Rooms::isDoor).mapToLong(Rooms::docLines).sum();
            if (lines < DOOR_LINES_MIN || lines > DOOR_LINES_MAX) {
                faults.add(
                        "%s: a package-info of %d lines, not of %d to %d"
                                .formatted(folder, lines, DOOR_LINES_MIN, DOOR_LINES_MAX));
            }
        }
        return faults;
    }

    private static boolean isDoor(Path file) {
        return file.endsWith("package-info.java");
    }

    private static long docLines(Path file) {
        try (var lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith("///")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
