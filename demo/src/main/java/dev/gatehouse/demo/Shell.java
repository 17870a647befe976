package dev.gatehouse.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Runs other programs to their end. Never through a shell: arguments stay arguments.
public final class Shell {
    /// What a program said and how it ended.
    public record Result(int status, String out, String err) {
        public boolean isOk() {
            return status == 0;
        }
    }

    private static final Duration LIMIT = Duration.ofSeconds(60);

    private Shell() {}

    /// Runs a program and returns what it printed.
    ///
    /// @throws IllegalStateException if it ends with another status than 0
    public static String run(String... command) {
        var result = attempt(List.of(command), "");
        if (!result.isOk()) {
            throw new IllegalStateException(
                    "%s: status %d: %s"
                            .formatted(
                                    String.join(" ", command), result.status, result.err.strip()));
        }
        return result.out;
    }

    /// Like [#run], with text for the program's standard input.
    public static String feed(String input, String... command) {
        var result = attempt(List.of(command), input);
        if (!result.isOk()) {
            throw new IllegalStateException(
                    "%s: status %d: %s"
                            .formatted(
                                    String.join(" ", command), result.status, result.err.strip()));
        }
        return result.out;
    }

    /// Runs a program, whatever its end. A program that outlives 60 s is killed: status 137.
    public static Result attempt(List<String> command, String input) {
        try {
            var process = new ProcessBuilder(command).start();
            var out = CompletableFuture.supplyAsync(() -> read(process.getInputStream()));
            var err = CompletableFuture.supplyAsync(() -> read(process.getErrorStream()));
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // it ended without reading all of its input: its status tells
                assert e.getMessage() != null;
            }
            if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return new Result(process.waitFor(), out.join(), err.join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static String read(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
