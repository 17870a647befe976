package dev.gatehouse.client.state.dns;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// What DNS servers can make the client keep is bounded.
class DnsCacheTest {
    @Test
    void longAnswersAreNotKept() throws IOException {
        var cache = new DnsCache();
        for (int i = 0; i < 5_000; i++) {
            cache.put(answer(name(i), i % 2 == 0 ? 200 : 1_000), 0);
        }

        assertThat(cache.bytes()).isBetween(1 << 20, 4 << 20);
        assertThat(cache.get(query(name(4_998)), 0)).isPresent();
        assertThat(cache.get(query(name(4_999)), 0)).isEmpty();
        assertThat(cache.get(query(name(0)), 0)).as("made room").isEmpty();
    }

    private static Name name(int i) {
        return Name.fromConstantString("n%d.corp.test.".formatted(i));
    }

    private static Message query(Name name) {
        return Message.newQuery(Record.newRecord(name, Type.A, DClass.IN));
    }

    private static Message answer(Name name, int records) throws IOException {
        var answer = query(name);
        for (int i = 0; i < records; i++) {
            var address = InetAddress.getByAddress(new byte[] {10, 1, (byte) (i >> 8), (byte) i});
            answer.addRecord(new ARecord(name, DClass.IN, 3_600, address), Section.ANSWER);
        }
        return answer;
    }
}
