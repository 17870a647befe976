package dev.gatehouse.containers.site;

import java.io.IOException;
import java.net.URI;

/// Reads one URL of the [WebServer] and prints what came: "COUNT WRONG LONGEST_GAP_MS".
///
/// COUNT and WRONG are numbers of bytes; a gap is a time without any, the wait for the first left
/// out.
final class Download {
    /// @param bytes that arrived
    /// @param wrong bytes among them that were not sent
    public record Outcome(long bytes, long wrong, long longestGapMs) {
        static Outcome parse(String line) {
            String[] fields = line.strip().split(" ");
            return new Outcome(
                    Long.parseLong(fields[0]),
                    Long.parseLong(fields[1]),
                    Long.parseLong(fields[2]));
        }
    }

    private Download() {}

    public static void main(String[] urls) throws IOException {
        var connection = URI.create(urls[0]).toURL().openConnection();
        connection.setConnectTimeout(10_000);
        connection.setReadTimeout(30_000);
        long bytes = 0;
        long wrong = 0;
        long longestNs = 0;
        try (var in = connection.getInputStream()) {
            var buffer = new byte[1 << 16];
            long lastNs = System.nanoTime();
            for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
                long nowNs = System.nanoTime();
                longestNs = bytes == 0 ? 0 : Math.max(longestNs, nowNs - lastNs);
                lastNs = nowNs;
                for (int i = 0; i < n; i++) {
                    wrong += buffer[i] == WebServer.byteAt(bytes + i) ? 0 : 1;
                }
                bytes += n;
            }
        }
        System.out.println(bytes + " " + wrong + " " + longestNs / 1_000_000);
    }
}
