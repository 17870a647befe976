package dev.gatehouse.portal.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.AllocatedBytes;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// A file of thousands of entries is read in the time of its entries: it is read again while peers
/// are served.
class DirectoryReaderComplexityTest {
    private static final int N = 100;

    @Test
    void aLongFileIsLinear() {
        read(N);
        assertThat(bytes(8 * N)).isLessThanOrEqualTo(10 * bytes(N));
    }

    private static long bytes(int entries) {
        return AllocatedBytes.of(1, _ -> read(entries));
    }

    private static void read(int entries) {
        var yaml =
                """
                account: {slug: acme}
                sites: [{name: HQ}]
                actors:
                %s
                groups: [{name: all, members: [%s]}]
                resources:
                %s
                policies:
                %s
                """
                        .formatted(
                                lines(entries, "  - {name: a%d}", "\n"),
                                lines(entries, "a%d", ", "),
                                lines(
                                        entries,
                                        "  - {name: r%d, type: dns, address: r%<d.example, sites:"
                                                + " [HQ]}",
                                        "\n"),
                                lines(entries, "  - {group: all, resource: r%d}", "\n"));
        try {
            assertThat(DirectoryReader.read(yaml).resources()).hasSize(entries);
        } catch (ConfigMistake e) {
            throw new AssertionError(e.oneLine("yaml"), e);
        }
    }

    private static String lines(int count, String line, String between) {
        return IntStream.range(0, count)
                .mapToObj(i -> line.formatted(i))
                .collect(Collectors.joining(between));
    }
}
