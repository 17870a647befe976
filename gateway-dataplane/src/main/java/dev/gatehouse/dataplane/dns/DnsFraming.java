package dev.gatehouse.dataplane.dns;

import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.parsetools.RecordParser;
import java.util.function.Consumer;

/// DNS over TCP: two bytes of length before each message (RFC 1035 section 4.2.2).
final class DnsFraming {
    private DnsFraming() {}

    static Buffer frame(Buffer message) {
        return Buffer.buffer(2 + message.length())
                .appendUnsignedShort(message.length())
                .appendBuffer(message);
    }

    /// Splits a stream; the first empty message ends the reading.
    static Handler<Buffer> reader(Consumer<Buffer> messages) {
        var parser = RecordParser.newFixed(2);
        parser.handler(
                new Handler<>() {
                    private boolean body;

                    @Override
                    public void handle(Buffer bytes) {
                        if (body) {
                            body = false;
                            parser.fixedSizeMode(2);
                            messages.accept(bytes);
                        } else if (bytes.getUnsignedShort(0) > 0) {
                            body = true;
                            parser.fixedSizeMode(bytes.getUnsignedShort(0));
                        }
                    }
                });
        return parser;
    }
}
