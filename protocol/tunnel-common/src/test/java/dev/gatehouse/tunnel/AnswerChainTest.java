package dev.gatehouse.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class AnswerChainTest {
    private static final Name APP = Name.fromConstantString("app.test.");
    private static final Name A = Name.fromConstantString("a.test.");
    private static final Name OTHER = Name.fromConstantString("other.test.");

    private final Message answer = new Message(1);

    @Test
    void leadsOverAliasesInAnyOrderAndCaseToTheRecords() {
        address(A, 3600);
        alias(Name.fromConstantString("APP.Test."), 10, A);

        var chain = AnswerChain.follow(answer, APP, Type.A);

        assertThat(chain.end()).isEqualTo(A);
        assertThat(chain.records()).hasSize(1);
        assertThat(chain.ttl()).isEqualTo(10);
    }

    @Test
    void leavesOutWhatBelongsToOtherNames() {
        address(OTHER, 5);

        assertThat(AnswerChain.follow(answer, APP, Type.A).records()).isEmpty();
        address(APP, 60);
        assertThat(AnswerChain.follow(answer, APP, Type.A).ttl()).isEqualTo(60);
    }

    @Test
    void endsInACircleAndWhereTheAnswerEnds() {
        alias(APP, 60, A);
        assertThat(AnswerChain.follow(answer, APP, Type.A))
                .isEqualTo(new AnswerChain(A, java.util.List.of(), 60));

        alias(A, 60, APP);
        assertThat(AnswerChain.follow(answer, APP, Type.A).records()).isEmpty();
    }

    /// RFC 2181 section 8.
    @Test
    void takesATimeToLiveWithASignAsNone() throws IOException {
        address(APP, 60);
        byte[] wire = answer.toWire();
        int ttlAt = wire.length - 4 - 2 - 4; // address, length, time to live
        ByteBuffer.wrap(wire).putInt(ttlAt, -1);

        assertThat(AnswerChain.follow(new Message(wire), APP, Type.A).ttl()).isZero();
    }

    private void address(Name owner, long ttl) {
        var entry = Record.newRecord(owner, Type.A, DClass.IN, ttl, new byte[] {10, 0, 0, 1});
        answer.addRecord(entry, Section.ANSWER);
    }

    private void alias(Name owner, long ttl, Name target) {
        answer.addRecord(new CNAMERecord(owner, DClass.IN, ttl, target), Section.ANSWER);
    }
}
