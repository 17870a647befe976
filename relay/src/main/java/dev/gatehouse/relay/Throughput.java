package dev.gatehouse.relay;

import java.util.Locale;

/// Bytes per second as text, in decimal units.
final class Throughput {
    private static final String[] UNITS = {"B/s", "kB/s", "MB/s", "GB/s", "TB/s"};

    private Throughput() {}

    static String format(long bytesPerSecond) {
        double value = bytesPerSecond;
        int unit = 0;
        while (value >= 1000 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0
                ? bytesPerSecond + " B/s"
                : String.format(Locale.ROOT, "%.2f %s", value, UNITS[unit]);
    }
}
