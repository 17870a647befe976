package dev.gatehouse.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// What the demo saw, for people (on standard output, as it happens) and for programs (JSON).
public final class Report {
    /// One step of the demo.
    ///
    /// @param ms wall time of the step, milliseconds
    /// @param path between client and gateway at its end: host, srflx, prflx, relay or none
    /// @param detail what it has shown, or what did not hold
    /// @param figures measured values by name, the unit ends the name
    public record Step(
            String name,
            boolean ok,
            long ms,
            String path,
            String detail,
            Map<String, Object> figures) {}

    /// A check of a step that did not hold.
    public static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /// The body of a step: fills in figures, returns what it has shown.
    @FunctionalInterface
    public interface Body {
        String show(Map<String, Object> figures);
    }

    private static final String NO_PATH = "none";

    private final List<Step> steps = new ArrayList<>();
    private final long startedNs = System.nanoTime();
    private Supplier<String> path = () -> NO_PATH;

    /// @param now tells the path between client and gateway
    void pathFrom(Supplier<String> now) {
        path = now;
    }

    public void say(String line) {
        System.out.printf("%7.2f s  %s%n", (System.nanoTime() - startedNs) / 1e9, line);
    }

    /// Runs one step; a failure is recorded and the demo goes on.
    public boolean step(String name, Body body) {
        long beganNs = System.nanoTime();
        var figures = new LinkedHashMap<String, Object>();
        boolean ok = true;
        String detail;
        try {
            detail = body.show(figures);
        } catch (Failed | IllegalStateException | UncheckedIOException e) {
            ok = false;
            detail = e.getMessage();
        }
        long tookMs = (System.nanoTime() - beganNs) / 1_000_000;
        add(new Step(name, ok, tookMs, path.get(), detail, figures));
        return ok;
    }

    public void add(Step step) {
        steps.add(step);
        say("%-4s %-16s %s".formatted(step.ok ? "ok" : "FAIL", step.name, step.detail));
    }

    public static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new Failed(otherwise);
        }
    }

    public List<Step> steps() {
        return List.copyOf(steps);
    }

    public boolean isOk() {
        return !steps.isEmpty() && steps.stream().allMatch(Step::ok);
    }

    /// All steps, one a line, without their details.
    void table() {
        System.out.printf("%n%-16s %-6s %8s  %s%n", "step", "result", "ms", "path");
        for (Step step : steps) {
            var result = step.ok ? "ok" : "FAIL";
            System.out.printf("%-16s %-6s %8d  %s%n", step.name, result, step.ms, step.path);
        }
    }

    public void write(Path file) {
        var document = new LinkedHashMap<String, Object>();
        document.put("ok", isOk());
        document.put("steps", steps);
        try {
            mapper().writeValue(file.toFile(), document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Takes over the steps that another process wrote.
    public void read(Path file) {
        try {
            var document = mapper().readTree(file.toFile());
            for (var node : document.get("steps")) {
                steps.add(mapper().treeToValue(node, Step.class));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ObjectMapper mapper() {
        return new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    }
}
