package dev.gatehouse.tunnel;

import java.util.List;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// The way through an answer from the name that was asked for, over aliases, to the records of the
/// type: what else is in the answer belongs to other names and counts for nothing (RFC 2181 5.4.1).
///
/// @param end the last name: where the records are, or would be
/// @param records empty also where aliases go round in a circle
/// @param ttl seconds, the least of aliases and records: a changed alias is as good as a changed
///     address
public record AnswerChain(Name end, List<Record> records, long ttl) {
    private static final int ALIASES_MAX = 16;
    private static final long TTL_SIGN = 0x8000_0000L; // RFC 2181 section 8: as zero

    public AnswerChain {
        records = List.copyOf(records);
    }

    public static AnswerChain follow(Message answer, Name asked, int type) {
        var all = answer.getSection(Section.ANSWER);
        Name name = asked;
        long ttl = TTL_SIGN - 1;
        for (int i = 0; i <= ALIASES_MAX; i++) {
            var found = of(all, name, type);
            if (!found.isEmpty()) {
                return new AnswerChain(name, found, Math.min(ttl, least(found)));
            }
            var aliases = of(all, name, Type.CNAME);
            if (aliases.isEmpty()) {
                return new AnswerChain(name, List.of(), ttl);
            }
            ttl = Math.min(ttl, least(aliases));
            name = ((CNAMERecord) aliases.getFirst()).getTarget();
        }
        return new AnswerChain(asked, List.of(), ttl);
    }

    private static List<Record> of(List<Record> all, Name owner, int type) {
        return all.stream()
                .filter(entry -> entry.getType() == type && entry.getName().equals(owner))
                .toList();
    }

    private static long least(List<Record> entries) {
        return entries.stream()
                .mapToLong(Record::getTTL)
                .map(ttl -> ttl >= TTL_SIGN ? 0 : ttl)
                .min()
                .orElse(0);
    }
}
