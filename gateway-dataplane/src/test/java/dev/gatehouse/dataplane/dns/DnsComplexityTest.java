package dev.gatehouse.dataplane.dns;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.testkit.AllocatedBytes;
import dev.gatehouse.tunnel.AnswerChain;
import io.vertx.core.buffer.Buffer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/// What messages of clients and name servers cost: eight times as much of them costs no more than
/// ten times as much.
class DnsComplexityTest {
    private static final int FEW = 500;
    private static final int MANY = 8 * FEW;
    private static final int FACTOR_MAX = 10;

    @Test
    void questionsOfAPipelineAreSplitInOneGo() {
        assertLinear(
                count -> {
                    var all = Buffer.buffer();
                    for (int i = 0; i < count; i++) {
                        all.appendBuffer(DnsFraming.frame(DnsMessage.queryForA(i, "a.example")));
                    }
                    var messages = new AtomicInteger();
                    DnsFraming.reader(_ -> messages.incrementAndGet()).handle(all);
                    assertThat(messages).hasValue(count);
                });
    }

    @Test
    void answersCostByTheirRecords() {
        var few = addresses(FEW);
        var many = addresses(MANY);
        assertLinear(
                count -> {
                    var bytes = Buffer.buffer(count == FEW ? few : many);
                    var answer = DnsMessage.parse(bytes).orElseThrow();
                    var query = DnsMessage.parse(DnsMessage.queryForA(1, "a.example"));
                    assertThat(answer.opt()).isEmpty();
                    assertThat(answer.toUdp(query.orElseThrow(), 1_200).length()).isPositive();
                });
    }

    /// Each name points to the one before, which makes it as long as a name may be.
    @Test
    void namesThatPointToNamesCostByTheirNumber() {
        var few = chained(FEW / 2); // all that fits a message
        var many = chained(MANY / 2);
        assertLinear(
                count -> {
                    var bytes = Buffer.buffer(count == FEW ? few : many);
                    assertThat(DnsMessage.parse(bytes).orElseThrow().opt()).isEmpty();
                });
    }

    /// A name that points to itself, or ahead, is none.
    @Test
    void namesThatPointInCirclesEnd() {
        for (int target : new int[] {0, 12, 19, 20, 27, 200}) {
            var message = DnsMessage.queryForA(1, "a.");
            int at = message.length();
            message.setUnsignedShort(2, 0x8180).setUnsignedShort(6, 1);
            message.appendUnsignedShort(0xC000 | (target == 27 ? at : target));
            message.appendUnsignedShort(1).appendUnsignedShort(1).appendInt(60);
            message.appendUnsignedShort(4).appendInt(0x0A000001);
            assertThat(DnsMessage.parse(message).orElseThrow().opt()).isEmpty();
        }
    }

    private static byte[] chained(int count) {
        var message = DnsMessage.queryForA(1, "a.");
        message.setUnsignedShort(2, 0x8180).setUnsignedShort(6, count);
        int before = 12; // where the name of the question is
        for (int i = 0; i < count; i++) {
            int at = message.length();
            boolean isFar = i % 100 == 0 || at >= 0x3FFF;
            message.appendByte((byte) 1).appendString("b");
            message.appendUnsignedShort(0xC000 | (isFar ? 12 : before));
            message.appendUnsignedShort(1).appendUnsignedShort(1).appendInt(60);
            message.appendUnsignedShort(4).appendInt(0x0A000001);
            before = at >= 0x3FFF ? before : at;
        }
        return message.getBytes();
    }

    @Test
    void aliasesAreFollowedOnceEach() throws Exception {
        var few = aliases(FEW);
        var many = aliases(MANY);
        var name = Name.fromString("n0.example.");
        assertLinear(count -> AnswerChain.follow(count == FEW ? few : many, name, Type.A));
    }

    @Test
    void clientsWaitInLineForTheSameEach() {
        assertLinear(
                count -> {
                    var limits = new Turns.Limits(10, 2, MANY, MANY);
                    var turns = new Turns<Integer>(limits);
                    for (int i = 0; i < count; i++) {
                        assertThat(turns.offer(i % 50, i % 50)).isTrue();
                    }
                    int begun = 0;
                    for (var next = turns.poll(); next != null; next = turns.poll()) {
                        turns.done(next);
                        begun++;
                    }
                    assertThat(begun).isEqualTo(count);
                });
    }

    /// What is measured at first loads classes.
    private static void assertLinear(IntConsumer work) {
        work.accept(FEW);
        work.accept(MANY);
        long few = AllocatedBytes.of(5, _ -> work.accept(FEW));
        long many = AllocatedBytes.of(5, _ -> work.accept(MANY));
        assertThat(many).as("bytes for %d, %d for %d", MANY, few, FEW).isLessThan(FACTOR_MAX * few);
    }

    private static byte[] addresses(int count) {
        var name = name("a.example.");
        return message(name, IntStream.range(0, count).mapToObj(i -> address(name, i)));
    }

    private static Message aliases(int count) throws Exception {
        var chain =
                IntStream.range(0, count)
                        .<Record>mapToObj(
                                i -> new CNAMERecord(name(i), DClass.IN, 60, name(i + 1)));
        return new Message(
                message(name(0), Stream.concat(chain, Stream.of(address(name(count), 1)))));
    }

    private static Record address(Name name, int i) {
        byte[] bytes = {10, 0, (byte) (i >> 8), (byte) i};
        try {
            return new ARecord(name, DClass.IN, 60, InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static byte[] message(Name question, Stream<Record> answers) {
        var message = new Message(1);
        message.getHeader().setFlag(Flags.QR);
        message.addRecord(Record.newRecord(question, Type.A, DClass.IN), Section.QUESTION);
        answers.forEach(each -> message.addRecord(each, Section.ANSWER));
        return message.toWire();
    }

    private static Name name(int i) {
        return name("n%d.example.".formatted(i));
    }

    private static Name name(String text) {
        try {
            return Name.fromString(text);
        } catch (TextParseException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
