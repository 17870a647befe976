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

/// What the demo saw, for people (on standard output, as it happens) and for programs (JSON).
public final class Report {
    /// One step of the demo.
    ///
    /// @param tookMs wall time of the step, milliseconds
    /// @param figures measured values by name, the unit ends the name
    public record Step(
            String name, boolean ok, String shows, long tookMs, Map<String, Object> figures) {}

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

    private final List<Step> steps = new ArrayList<>();
    private final long startedNs = System.nanoTime();

    public void say(String line) {
        System.out.printf("%7.2f s  %s%n", (System.nanoTime() - startedNs) / 1e9, line);
    }

    /// Runs one step; a failure is recorded and the demo goes on.
    public boolean step(String name, Body body) {
        long beganNs = System.nanoTime();
        var figures = new LinkedHashMap<String, Object>();
        boolean ok = true;
        String shows;
        try {
            shows = body.show(figures);
        } catch (Failed | IllegalStateException | UncheckedIOException e) {
            ok = false;
            shows = e.getMessage();
        }
        add(new Step(name, ok, shows, (System.nanoTime() - beganNs) / 1_000_000, figures));
        return ok;
    }

    public void add(Step step) {
        steps.add(step);
        say("%-4s %-16s %s".formatted(step.ok ? "ok" : "FAIL", step.name, step.shows));
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
