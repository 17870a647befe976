package dev.gatehouse.benchmarks.tunnel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.demo.Host;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/// One run of `iperf3` from the client's machine to the resource's.
final class Iperf {
    /// @param gbps payload received, 10^9 bits a second
    record Result(double gbps, long retransmits) {}

    private static final ObjectMapper JSON = new ObjectMapper();

    private Iperf() {}

    static Result tcp(Host client, String target, int streams, boolean download, int seconds) {
        var options = new ArrayList<>(List.of("-P", Integer.toString(streams)));
        if (download) {
            options.add("-R");
        }
        options.addAll(List.of("-O", Integer.toString(omitted(seconds))));
        var end = run(client, target, seconds, options);
        var received = end.path("sum_received").path("bits_per_second").asDouble() / 1e9;
        return new Result(received, end.path("sum_sent").path("retransmits").asLong());
    }

    /// Seconds that do not count, before those that do; none in front of a short run, where the
    /// slow start of these segments takes milliseconds.
    static int omitted(int seconds) {
        return seconds < 3 ? 0 : 1;
    }

    /// Both ways at once, unmeasured.
    static void warmUp(Host client, String target, int seconds) {
        run(client, target, seconds, List.of("--bidir"));
    }

    private static JsonNode run(Host client, String target, int seconds, List<String> options) {
        var command =
                new ArrayList<>(
                        List.of("iperf3", "-c", target, "-J", "-t", Integer.toString(seconds)));
        command.addAll(options);
        var result = BenchLab.attempt(client, command);
        try {
            var json = JSON.readTree(result.out());
            if (!result.isOk() || json.has("error")) {
                throw new IllegalStateException(
                        "iperf3: " + json.path("error").asText(result.err().strip()));
            }
            return json.path("end");
        } catch (IOException e) {
            throw new UncheckedIOException("iperf3 to " + target + ": " + result.err().strip(), e);
        }
    }
}
