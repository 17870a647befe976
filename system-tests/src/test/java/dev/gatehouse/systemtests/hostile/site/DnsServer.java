package dev.gatehouse.systemtests.hostile.site;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/// The DNS server that portal and hosts name, in bad hands: what is asked tells what it does. A
/// program of its own.
public final class DnsServer {
    private static final int PORT = 53;
    private static final int DATAGRAM_LENGTH_MAX = 4_096;
    private static final int HUGE = 64_000;
    private static final int FLOOD = 300;
    private static final int TEXT_LENGTH = 255;
    private static final byte[] SOME_ADDRESS = {10, 77, 0, 10};

    /// What becomes of a question.
    public enum Manner {
        SILENT,
        /// As many records as fit into a datagram.
        HUGE_DATAGRAM,
        /// 64 kB over TCP.
        HUGE_STREAM,
        /// Over TCP, and then nothing comes.
        TRUNCATED_AND_SILENT,
        /// The length of a message, then a byte a second.
        TRUNCATED_AND_SLOW,
        /// Each name is an alias of the next one, for ever.
        ALIAS_CHAIN,
        /// An alias of itself.
        ALIAS_OF_ITSELF,
        /// A name in the answer points to itself.
        POINTER_LOOP,
        /// Counts more records than there are.
        COUNTS_LIE,
        /// 300 answers with other ids.
        FLOOD_OF_OTHERS,
        /// 300 times the same answer.
        FLOOD_OF_SAME,
        /// To another question.
        OTHER_QUESTION,
        /// One address that lives 0 s.
        NO_TIME_TO_LIVE,
        /// One that lives 68 years.
        FOR_EVER,
        /// An address of 3 bytes.
        SHORT_ADDRESS,
        /// The link-local address of cloud metadata, and the host itself.
        FORBIDDEN_ADDRESSES,
        NOT_DNS,
        EMPTY,
        REFUSED,
        FAILURE;

        /// The first word of names that are answered so.
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace("_", "");
        }

        private static Optional<Manner> of(String name) {
            var label = name.substring(0, Math.max(0, name.indexOf('-')));
            return Arrays.stream(values()).filter(m -> m.label().equals(label)).findFirst();
        }
    }

    private DnsServer() {}

    public static void main(String[] arguments) throws IOException {
        Thread.ofPlatform().start(DnsServer::serveStreams);
        try (var socket = new DatagramSocket(PORT)) {
            System.out.println("serving");
            var packet = new DatagramPacket(new byte[DATAGRAM_LENGTH_MAX], DATAGRAM_LENGTH_MAX);
            while (true) {
                packet.setLength(DATAGRAM_LENGTH_MAX);
                socket.receive(packet);
                var question = Arrays.copyOf(packet.getData(), packet.getLength());
                answer(socket, packet.getSocketAddress(), question);
            }
        }
    }

    /// @param id of the message
    /// @param type asked for
    /// @param itself the question as it came
    private record Question(int id, String name, int type, byte[] itself) {
        private static Optional<Question> read(byte[] message) {
            var in = ByteBuffer.wrap(message);
            var name = new StringBuilder();
            int at = DnsWriter.HEADER_LENGTH;
            while (at < message.length && message[at] > 0 && at + message[at] < message.length) {
                name.append(new String(message, at + 1, message[at])).append('.');
                at += 1 + message[at];
            }
            if (at + 5 > message.length || name.isEmpty()) {
                return Optional.empty();
            }
            var itself = Arrays.copyOfRange(message, DnsWriter.HEADER_LENGTH, at + 5);
            var text = name.substring(0, name.length() - 1);
            return Optional.of(
                    new Question(
                            Short.toUnsignedInt(in.getShort(0)),
                            text,
                            in.getShort(at + 1),
                            itself));
        }

        private DnsWriter answer(int flags, int answers) {
            return answerAs(id, flags, answers);
        }

        private DnsWriter answerAs(int otherId, int flags, int answers) {
            return new DnsWriter().header(otherId, DnsWriter.ANSWER | flags, answers).raw(itself);
        }

        private byte[] withAddress(int ttl) {
            return answer(0, 1).record(DnsWriter.A, ttl, SOME_ADDRESS).bytes();
        }
    }

    private static void answer(DatagramSocket socket, SocketAddress to, byte[] message)
            throws IOException {
        var question = Question.read(message);
        if (question.isEmpty()) {
            return;
        }
        var manner = Manner.of(question.get().name()).orElse(Manner.REFUSED);
        int times =
                switch (manner) {
                    case SILENT -> 0;
                    case FLOOD_OF_OTHERS, FLOOD_OF_SAME -> FLOOD;
                    default -> 1;
                };
        for (int i = 0; i < times; i++) {
            var answer = datagram(manner, question.get(), i);
            socket.send(new DatagramPacket(answer, answer.length, to));
        }
    }

    private static byte[] datagram(Manner manner, Question asked, int number) {
        return switch (manner) {
            case SILENT, EMPTY -> new byte[0];
            case HUGE_DATAGRAM -> many(asked, DATAGRAM_LENGTH_MAX - asked.itself().length - 32);
            case HUGE_STREAM, TRUNCATED_AND_SILENT, TRUNCATED_AND_SLOW ->
                    asked.answer(DnsWriter.TRUNCATED, 0).bytes();
            case ALIAS_CHAIN -> alias(asked, "aliaschain-" + System.nanoTime() + suffix(asked));
            case ALIAS_OF_ITSELF -> alias(asked, asked.name());
            case POINTER_LOOP -> pointerLoop(asked);
            case COUNTS_LIE ->
                    asked.answer(0, 0xFFFF).record(DnsWriter.A, 60, SOME_ADDRESS).bytes();
            case FLOOD_OF_OTHERS -> asked.answerAs(asked.id() + 1 + number, 0, 0).bytes();
            case FLOOD_OF_SAME, FOR_EVER -> asked.withAddress(Integer.MAX_VALUE);
            case OTHER_QUESTION -> DnsWriter.question(asked.id(), "other.example", asked.type());
            case NO_TIME_TO_LIVE -> asked.withAddress(0);
            case SHORT_ADDRESS -> asked.answer(0, 1).record(DnsWriter.A, 60, new byte[3]).bytes();
            case FORBIDDEN_ADDRESSES ->
                    asked.answer(0, 2)
                            .record(DnsWriter.A, 60, new byte[] {(byte) 169, (byte) 254, 0, 1})
                            .record(DnsWriter.A, 60, new byte[] {127, 0, 0, 1})
                            .bytes();
            case NOT_DNS -> new byte[] {1, 2, 3};
            case REFUSED -> asked.answer(5, 0).bytes();
            case FAILURE -> asked.answer(2, 0).bytes();
        };
    }

    private static String suffix(Question asked) {
        return asked.name().substring(asked.name().indexOf('.'));
    }

    private static byte[] many(Question asked, int length) {
        boolean isText = asked.type() == DnsWriter.TXT;
        var data = isText ? new byte[1 + TEXT_LENGTH] : SOME_ADDRESS;
        if (isText) {
            data[0] = (byte) TEXT_LENGTH;
        }
        int records = length / (data.length + DnsWriter.HEADER_LENGTH);
        var answer = asked.answer(0, records);
        for (int i = 0; i < records; i++) {
            answer.record(isText ? DnsWriter.TXT : DnsWriter.A, 60, data);
        }
        return answer.bytes();
    }

    private static byte[] alias(Question asked, String target) {
        var name = new DnsWriter().name(target).bytes();
        return asked.answer(0, 1).record(DnsWriter.CNAME, 60, name).bytes();
    }

    /// The record's name begins where it points to.
    private static byte[] pointerLoop(Question asked) {
        int at = DnsWriter.HEADER_LENGTH + asked.itself().length;
        var answer = asked.answer(0, 1).shorts(0xC000 | at);
        return answer.recordOfName(DnsWriter.A, 60, SOME_ADDRESS).bytes();
    }

    private static void serveStreams() {
        try (var server = new ServerSocket(PORT)) {
            while (true) {
                var socket = server.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void serve(Socket socket) {
        try (socket) {
            var in = new DataInputStream(socket.getInputStream());
            var out = new DataOutputStream(socket.getOutputStream());
            while (true) {
                var question = Question.read(in.readNBytes(in.readUnsignedShort()));
                if (question.isEmpty()) {
                    return;
                }
                answer(out, question.get());
            }
        } catch (IOException | InterruptedException _) {
            // whoever asked has hung up
        }
    }

    private static void answer(DataOutputStream out, Question asked)
            throws IOException, InterruptedException {
        switch (Manner.of(asked.name()).orElse(Manner.REFUSED)) {
            case HUGE_STREAM -> write(out, many(asked, HUGE));
            case TRUNCATED_AND_SLOW -> {
                out.writeShort(HUGE);
                for (int i = 0; i < HUGE; i++) {
                    out.write(0);
                    Thread.sleep(1_000);
                }
            }
            case SILENT, TRUNCATED_AND_SILENT -> {} // holds the connection
            default -> write(out, asked.withAddress(60));
        }
    }

    private static void write(DataOutputStream out, byte[] message) throws IOException {
        out.writeShort(message.length);
        out.write(message);
    }
}
