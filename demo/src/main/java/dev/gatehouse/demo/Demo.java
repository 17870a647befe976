package dev.gatehouse.demo;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `./run demo`: runs the scenario in an enclosure, then looks whether the host is as it was.
@Command(
        name = "demo",
        description =
                "Shows the main job on real packets, in namespaces of its own, and leaves the host"
                        + " as it was. Needs root.",
        mixinStandardHelpOptions = true,
        version = "gatehouse 0.1.0")
public final class Demo implements Callable<Integer> {
    @Option(
            names = "--json",
            paramLabel = "FILE",
            converter = CommandLines.ResultFile.class,
            description = "write the result to FILE as JSON")
    private Optional<Path> json = Optional.empty();

    @Option(
            names = "--logs",
            paramLabel = "FOLDER",
            description = "copy the logs of all processes to FOLDER at the end")
    private Optional<Path> logs = Optional.empty();

    @Option(
            names = "--patience",
            paramLabel = "FACTOR",
            defaultValue = "1",
            description = "multiply the limits on times by FACTOR: for a loaded machine [1]")
    private double patience;

    @Option(
            names = "--step",
            paramLabel = "NAME",
            defaultValue = "",
            description = "run this step alone: ${COMPLETION-CANDIDATES}",
            completionCandidates = StepNames.class)
    private String step;

    @Option(
            names = "--keep",
            description = "stay when the steps are done, and tell how to enter each namespace")
    private boolean keep;

    @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

    /// For the help.
    static final class StepNames implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Scenario.STEPS.iterator();
        }
    }

    public static void main(String[] arguments) {
        System.exit(CommandLines.execute(new Demo(), arguments));
    }

    @Override
    public Integer call() throws Exception {
        if (!step.isEmpty() && !Scenario.STEPS.contains(step)) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "no step '" + step + "': one of " + String.join(", ", Scenario.STEPS));
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            System.err.println("demo: makes network namespaces and needs root: sudo ./run demo");
            return 2;
        }
        var mark = "demo-" + ProcessHandle.current().pid();
        var before = HostState.capture();
        var result = Files.createTempFile("gatehouse-demo", ".json");
        var folder = logs.map(path -> path.toAbsolutePath().toString()).orElse("");
        var arguments =
                List.of(
                        result.toString(),
                        Double.toString(patience),
                        step,
                        Boolean.toString(keep),
                        folder);
        int status = Enclosure.run(Scenario.class, arguments, mark, this::tellEntrance);
        var report = new Report();
        try {
            if (Files.size(result) > 0) {
                report.read(result);
            }
        } finally {
            Files.delete(result);
        }
        report.step("clean", figures -> clean(before, mark));
        report.table();
        json.ifPresent(report::write);
        return status == 0 && report.isOk() ? 0 : 1;
    }

    private void tellEntrance(long pid) {
        if (keep) {
            Lab.MACHINES.forEach(
                    name ->
                            System.out.printf(
                                    "nsenter -t %d -m -n ip netns exec %s bash%n", pid, name));
        }
    }

    private static String clean(HostState before, String mark) {
        var left =
                Stream.concat(
                                before.differences(HostState.capture()).stream(),
                                HostState.leftovers(mark).stream())
                        .toList();
        Report.require(left.isEmpty(), "left behind: " + String.join("; ", left));
        return "links, addresses, routes, rules, packet filter, sysctls, processes and files of the"
                + " host are as before";
    }
}
