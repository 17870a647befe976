package dev.gatehouse.client.state.dns;

import dev.gatehouse.tunnel.AnswerChain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedFlags;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// Answers of real servers by name and type, client.md 13. Full, by number or by bytes: the oldest
/// makes room. Very long answers, which a server may make of any name, are not kept.
///
/// An answer lives as long as the least of the aliases and addresses on the way to what was asked
/// for, a day at the most. Negative answers are not kept, nor is anything given from here to who
/// checks signatures.
final class DnsCache {
    private static final int ENTRIES_MAX = 4096;
    private static final int ANSWER_LENGTH_MAX = 4_096; // bytes, as are those of the next one
    private static final int BYTES_MAX = 4 << 20;
    private static final long TTL_SECONDS_MIN = 5;
    private static final long TTL_SECONDS_MAX = 86_400;
    private static final int NOT_WRITABLE = -1;
    private static final int TTL_OFFSET = 4; // behind the owner: type u16, class u16, TTL u32

    private record Key(Name name, int type) {}

    private record Entry(Message answer, int length, long storedAtNs, long expiresAtNs) {}

    private final LinkedHashMap<Key, Entry> entries = new LinkedHashMap<>();
    private int bytes;

    /// Keeps an answer if it is whole, positive, and lives for 5 s at least.
    void put(Message answer, long nowNs) {
        var question = answer.getQuestion();
        if (question == null
                || question.getDClass() != DClass.IN
                || answer.getRcode() != Rcode.NOERROR
                || answer.getHeader().getFlag(Flags.TC)) {
            return;
        }
        var chain = AnswerChain.follow(answer, question.getName(), question.getType());
        long ttl = chain.records().isEmpty() ? 0 : Math.min(chain.ttl(), TTL_SECONDS_MAX);
        int length = ttl < TTL_SECONDS_MIN ? NOT_WRITABLE : length(answer);
        if (length == NOT_WRITABLE || length > ANSWER_LENGTH_MAX) {
            return;
        }
        var key = new Key(question.getName(), question.getType());
        remove(key);
        while (entries.size() == ENTRIES_MAX || bytes + length > BYTES_MAX) {
            remove(entries.firstEntry().getKey());
        }
        long expiresAtNs = nowNs + Duration.ofSeconds(ttl).toNanos();
        entries.put(key, new Entry(answer, length, nowNs, expiresAtNs));
        bytes += length;
    }

    private void remove(Key key) {
        var removed = entries.remove(key);
        if (removed != null) {
            bytes -= removed.length;
        }
    }

    /// dnsjava reads records that it cannot write, such as a WKS without services: what a server
    /// sent must not surface as our failure when the entry is used.
    private static int length(Message answer) {
        try {
            return answer.toWire().length;
        } catch (RuntimeException _) { // of many kinds, none of them documented
            return NOT_WRITABLE;
        }
    }

    Optional<Message> get(Message query, long nowNs) {
        var question = query.getQuestion();
        if (question.getDClass() != DClass.IN || wantsSignatures(query)) {
            return Optional.empty();
        }
        var key = new Key(question.getName(), question.getType());
        var entry = entries.get(key);
        if (entry == null) {
            return Optional.empty();
        }
        if (nowNs >= entry.expiresAtNs) {
            remove(key);
            return Optional.empty();
        }
        return Optional.of(aged(query, entry, nowNs));
    }

    private static boolean wantsSignatures(Message query) {
        var opt = query.getOPT();
        return query.getHeader().getFlag(Flags.CD)
                || opt != null && (opt.getFlags() & ExtendedFlags.DO) != 0;
    }

    private static Message aged(Message query, Entry entry, long nowNs) {
        long age = Duration.ofNanos(nowNs - entry.storedAtNs).toSeconds();
        var reply = DnsMessages.reply(query, Rcode.NOERROR);
        for (int section : new int[] {Section.ANSWER, Section.AUTHORITY}) {
            for (var record : entry.answer.getSection(section)) {
                if (record.getType() != Type.OPT) {
                    reply.addRecord(
                            withTtl(
                                    record,
                                    Math.max(0, Math.min(record.getTTL(), TTL_SECONDS_MAX) - age)),
                            section);
                }
            }
        }
        return reply;
    }

    private static Record withTtl(Record record, long ttl) {
        byte[] wire = record.toWire(Section.ANSWER);
        ByteBuffer.wrap(wire).putInt(record.getName().length() + TTL_OFFSET, (int) ttl);
        try {
            return Record.fromWire(wire, Section.ANSWER);
        } catch (IOException e) {
            throw new IllegalStateException("a record cannot be read back", e);
        }
    }

    /// Of the answers that are kept.
    int bytes() {
        return bytes;
    }

    void clear() {
        entries.clear();
        bytes = 0;
    }
}
