package dev.gatehouse.systemtests.hostile.attack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.systemtests.hostile.site.Place;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// A channel to the portal with nothing between the caller and the socket: any text, at any pace
/// (portal-channel.md sections 1 and 2).
final class RawChannel implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();

    private static final int WAIT_MS = 10_000;
    private static final long STUCK_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final int TEXT = 0x81; // one frame is one message
    private static final int MASKED = 0x80;
    private static final int LONG = 126;
    private static final int LONGER = 127;
    private static final String UPGRADE =
            """
            GET /%s/websocket?token=%s&external_id=%s&name=hostile&public_key=%s HTTP/1.1
            Host: %s
            Connection: Upgrade
            Upgrade: websocket
            Sec-WebSocket-Version: 13
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            User-Agent: Debian/12.0.0 %s (x86_64; 6.1.0)

            """;

    /// Which peer one claims to be.
    enum Kind {
        CLIENT("headless-client/1.5.4"),
        GATEWAY("gateway/1.4.17");

        private final String agent;

        Kind(String agent) {
            this.agent = agent;
        }

        private String topic() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private final Kind kind;
    private final Socket socket;
    private final OutputStream out;
    private final Consumer<JsonNode> messages;
    private volatile long writingSinceNs; // 0: nothing is being written

    private RawChannel(Kind kind, Socket socket, Consumer<JsonNode> messages) throws IOException {
        this.kind = kind;
        this.socket = socket;
        this.messages = messages;
        out = socket.getOutputStream();
    }

    /// Dials and joins.
    ///
    /// @param messages gets each message, on a thread of its own
    /// @throws IOException if the portal does not take the peer
    static RawChannel join(
            Kind kind, String token, String externalId, String key, Consumer<JsonNode> messages)
            throws IOException {
        var socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(Place.PORTAL, Place.PORTAL_PORT), WAIT_MS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(WAIT_MS);
            var channel = new RawChannel(kind, socket, messages);
            var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            channel.upgrade(in, request(kind, token, externalId, key));
            socket.setSoTimeout(0);
            Thread.ofVirtual().start(() -> channel.read(in));
            Thread.ofVirtual().start(channel::watch);
            channel.say("phx_join", "null");
            return channel;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    static byte[] request(Kind kind, String token, String externalId, String key) {
        var id = URLEncoder.encode(externalId, StandardCharsets.UTF_8);
        var encoded = URLEncoder.encode(key, StandardCharsets.UTF_8);
        return UPGRADE.formatted(kind.topic(), token, id, encoded, Place.PORTAL, kind.agent)
                .replace("\n", "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private void upgrade(DataInputStream in, byte[] request) throws IOException {
        out.write(request);
        var status = line(in);
        if (!status.contains(" 101 ")) {
            throw new IOException(status);
        }
        while (!line(in).isEmpty()) {}
    }

    private static String line(DataInputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c = in.readUnsignedByte(); c != '\n'; c = in.readUnsignedByte()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private void read(DataInputStream in) {
        try {
            while (true) {
                int opcode = in.readUnsignedByte() & 0xF;
                int length = in.readUnsignedByte();
                length = length == LONG ? in.readUnsignedShort() : length;
                length = length == LONGER ? (int) in.readLong() : length;
                var payload = in.readNBytes(length);
                if (opcode == (TEXT & 0xF)) {
                    messages.accept(JSON.readTree(payload));
                }
            }
        } catch (IOException _) {
            close(); // whoever speaks next finds out
        }
    }

    boolean isOpen() {
        return !socket.isClosed();
    }

    /// A message of the peer's own topic.
    void say(String event, String payload) throws IOException {
        send(message(event, payload));
    }

    String message(String event, String payload) {
        return "{\"topic\":\"%s\",\"event\":\"%s\",\"payload\":%s,\"ref\":1}"
                .formatted(kind.topic(), event, payload);
    }

    void send(String text) throws IOException {
        sendFrame(frame(text));
    }

    /// @throws IOException if the portal has hung up, or takes nothing for some time
    synchronized void sendFrame(byte[] frame) throws IOException {
        writingSinceNs = System.nanoTime();
        out.write(frame);
        writingSinceNs = 0;
    }

    /// A portal that reads no more is left.
    private void watch() {
        while (isOpen()) {
            long sinceNs = writingSinceNs;
            if (sinceNs != 0 && System.nanoTime() - sinceNs > STUCK_NS) {
                close();
            }
            LockSupport.parkNanos(STUCK_NS / 10);
        }
    }

    /// A masked frame whose mask changes nothing.
    static byte[] frame(String text) {
        var payload = text.getBytes(StandardCharsets.UTF_8);
        var frame = ByteBuffer.allocate(14 + payload.length).put((byte) TEXT);
        if (payload.length < LONG) {
            frame.put((byte) (MASKED | payload.length));
        } else if (payload.length <= 0xFFFF) {
            frame.put((byte) (MASKED | LONG)).putShort((short) payload.length);
        } else {
            frame.put((byte) (MASKED | LONGER)).putLong(payload.length);
        }
        frame.putInt(0).put(payload);
        return java.util.Arrays.copyOf(frame.array(), frame.position());
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException _) {
            // closed is closed
        }
    }
}
