package dev.gatehouse.demo;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// HTTP GETs by `curl` on the client's machine, as any of its users would.
final class Fetch {
    /// @param firstByteMs from the start of the request (the SYN) to the first byte of the answer,
    ///     name resolution left out
    record Answer(int status, String body, String error, double firstByteMs, double totalMs) {
        boolean isOk() {
            return status == 0;
        }
    }

    /// @param longestGapMs the longest time without a byte
    record Download(int status, long bytes, String sha256, double seconds, double longestGapMs) {
        double megabitsPerSecond() {
            return bytes * 8 / seconds / 1e6;
        }
    }

    private static final String FORMAT = "\n%{time_namelookup} %{time_starttransfer} %{time_total}";

    private final Host client;

    Fetch(Host client) {
        this.client = client;
    }

    Answer get(String url, int limitSeconds) {
        var result =
                client.attempt(
                        "curl",
                        "-sS",
                        "--globoff",
                        "-m",
                        Integer.toString(limitSeconds),
                        "-w",
                        FORMAT,
                        url);
        int cut = result.out().lastIndexOf('\n');
        String[] times = result.out().substring(cut + 1).split(" ");
        double lookup = Double.parseDouble(times[0]);
        return new Answer(
                result.status(),
                result.out().substring(0, Math.max(0, cut)),
                result.err().strip(),
                (Double.parseDouble(times[1]) - lookup) * 1e3,
                Double.parseDouble(times[2]) * 1e3);
    }

    /// A download that goes on while the caller does something else.
    CompletableFuture<Download> download(String url) {
        var command = client.withFiles(List.of("curl", "-sS", "--globoff", "-m", "60", url));
        return CompletableFuture.supplyAsync(() -> read(command));
    }

    private static Download read(List<String> command) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var process =
                    new ProcessBuilder(new ArrayList<>(command))
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            var buffer = new byte[1 << 16];
            long bytes = 0;
            long startedNs = 0;
            long lastNs = 0;
            long longestNs = 0;
            try (var in = process.getInputStream()) {
                for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                    long nowNs = System.nanoTime();
                    startedNs = startedNs == 0 ? nowNs : startedNs;
                    longestNs = lastNs == 0 ? 0 : Math.max(longestNs, nowNs - lastNs);
                    lastNs = nowNs;
                    bytes += n;
                    digest.update(buffer, 0, n);
                }
            }
            var sum = HexFormat.of().formatHex(digest.digest());
            return new Download(
                    process.waitFor(), bytes, sum, (lastNs - startedNs) / 1e9, longestNs / 1e6);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// The SHA-256 of what the web server sends for a length.
    static String expectedSha256(long length) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var piece = ResourceServer.pieceOf(length);
            for (long left = length; left > 0; left -= piece.length) {
                digest.update(piece, 0, (int) Math.min(piece.length, left));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
