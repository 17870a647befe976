package dev.gatehouse.client.state.dns;

import dev.gatehouse.client.state.flow.ResourceEntry;
import dev.gatehouse.client.state.flow.ResourceTable;
import dev.gatehouse.client.state.grant.Resource;
import dev.gatehouse.client.state.name.ProxyAddresses;
import dev.gatehouse.client.state.name.ProxyName;
import dev.gatehouse.tunnel.AnswerChain;
import dev.gatehouse.wire.IpAddress;
import java.time.Duration;
import java.util.Optional;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/// Answers queries for names of resources with invented addresses, client.md 9.
final class DnsStub {
    private static final String CANARY = "use-application-dns.net"; // stops browsers' own DoH
    private static final long TTL_SECONDS = 1;
    private static final long FAMILY_KNOWN_NS = Duration.ofSeconds(30).toNanos();
    private static final char ESCAPE = '\\'; // no name of a host has a label that needs one

    /// What to do with a query.
    sealed interface Verdict {
        /// What concerns us alone, however it was asked.
        sealed interface Local extends Verdict {}

        /// @param entry of the resource that the name belongs to, or null
        record Answer(Message reply, ResourceEntry entry) implements Local {}

        /// Ask the gateway of this resource's site.
        record AskSite(ResourceEntry entry) implements Verdict {}

        /// Ask the gateway of this resource's site whether the name has IPv6 addresses; the answer
        /// follows from [#settle].
        record AskFamily(ResourceEntry entry, ProxyName name) implements Local {}

        record Forward() implements Verdict {}
    }

    private final ResourceTable resources;
    private final ProxyAddresses proxies;
    private boolean hasV6 = true;

    DnsStub(ResourceTable resources, ProxyAddresses proxies) {
        this.resources = resources;
        this.proxies = proxies;
    }

    /// @param isThere whether the host can use IPv6 addresses of ours
    void handleV6(boolean isThere) {
        hasV6 = isThere;
    }

    Verdict handle(Message query, long nowNs) {
        var question = query.getQuestion();
        var name = DnsMessages.text(question.getName());
        if (name.equals(CANARY)) {
            return new Verdict.Answer(DnsMessages.reply(query, Rcode.NXDOMAIN), null);
        }
        if (question.getType() == Type.PTR) {
            return reverse(query);
        }
        var entry = name.indexOf(ESCAPE) < 0 ? resources.match(name) : null;
        if (entry == null || question.getDClass() != DClass.IN) {
            return new Verdict.Forward();
        }
        return switch (question.getType()) {
            case Type.A -> fours(query, assigned(name, entry), entry);
            case Type.AAAA -> sixes(query, assigned(name, entry), entry, nowNs);
            // These could tell the real address, past the tunnel.
            case Type.HTTPS, Type.SVCB, Type.ANY -> new Verdict.Answer(empty(query), entry);
            case Type.SRV, Type.TXT -> new Verdict.AskSite(entry);
            default -> new Verdict.Forward();
        };
    }

    private static Message empty(Message query) {
        return DnsMessages.reply(query, Rcode.NOERROR);
    }

    private ProxyName assigned(String name, ResourceEntry entry) {
        var assigned = proxies.find(name, entry.id());
        return assigned == null ? proxies.assign(name, (Resource.Dns) entry.resource()) : assigned;
    }

    private static Verdict fours(Message query, ProxyName name, ResourceEntry entry) {
        var stack = ((Resource.Dns) entry.resource()).stack(); // may have changed since
        return new Verdict.Answer(stack.hasV4() ? addresses(query, name) : empty(query), entry);
    }

    /// Many an application tries one address only, and many a resolver sorts IPv6 first: it must
    /// not be given where the name has none, or the host.
    private Verdict sixes(Message query, ProxyName name, ResourceEntry entry, long nowNs) {
        var stack = ((Resource.Dns) entry.resource()).stack();
        if (!hasV6 || !stack.hasV6()) {
            return new Verdict.Answer(empty(query), entry);
        }
        boolean isAlone = !stack.hasV4();
        if (!isAlone && !name.isV6Known(nowNs)) {
            return new Verdict.AskFamily(entry, name);
        }
        return new Verdict.Answer(
                isAlone || name.hasV6() ? addresses(query, name) : empty(query), entry);
    }

    /// The reply to a query for IPv6 addresses.
    ///
    /// @param answer of the site; what says nothing of the name, or is none, leaves it to the
    ///     application to try
    static Message settle(Message query, ProxyName name, Optional<Message> answer, long nowNs) {
        boolean isNone =
                answer.isPresent()
                        && answer.get().getRcode() == Rcode.NOERROR
                        && !answer.get().getHeader().getFlag(Flags.TC)
                        && isWithout(answer.get(), query.getQuestion());
        if (answer.isPresent()) {
            name.handleV6(!isNone, nowNs + FAMILY_KNOWN_NS);
        }
        return isNone ? empty(query) : addresses(query, name);
    }

    private static boolean isWithout(Message answer, Record question) {
        return AnswerChain.follow(answer, question.getName(), question.getType())
                .records()
                .isEmpty();
    }

    /// Of the family that is asked for.
    private static Message addresses(Message query, ProxyName name) {
        var reply = empty(query);
        var owner = query.getQuestion().getName();
        boolean wantsV4 = query.getQuestion().getType() == Type.A;
        for (var address : name.addresses()) {
            if (address.isV4() == wantsV4) {
                reply.addRecord(record(owner, address), Section.ANSWER);
            }
        }
        return reply;
    }

    private static Record record(Name owner, IpAddress address) {
        int type = address.isV4() ? Type.A : Type.AAAA;
        return Record.newRecord(owner, type, DClass.IN, TTL_SECONDS, address.toBytes());
    }

    private Verdict reverse(Message query) {
        var owner = query.getQuestion().getName();
        var proxy = ReverseName.parse(DnsMessages.text(owner)).map(proxies::find);
        if (proxy.isEmpty()) {
            return new Verdict.Forward();
        }
        try {
            var name = Name.fromString(proxy.get().name(), Name.root);
            var reply = empty(query);
            reply.addRecord(new PTRRecord(owner, DClass.IN, TTL_SECONDS, name), Section.ANSWER);
            return new Verdict.Answer(reply, null);
        } catch (TextParseException _) {
            return new Verdict.Forward();
        }
    }
}
