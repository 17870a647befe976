package dev.gatehouse.client.state;

import dev.gatehouse.wire.IpAddress;
import org.xbill.DNS.DClass;
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
    private static final char ESCAPE = '\\'; // no name of a host has a label that needs one

    /// What to do with a query.
    sealed interface Verdict {
        /// @param entry of the resource that the name belongs to, or null
        record Answer(Message reply, ResourceEntry entry) implements Verdict {}

        /// Ask the gateway of this resource's site.
        record AskSite(ResourceEntry entry) implements Verdict {}

        record Forward() implements Verdict {}
    }

    private final ResourceTable resources;
    private final ProxyAddresses proxies;

    DnsStub(ResourceTable resources, ProxyAddresses proxies) {
        this.resources = resources;
        this.proxies = proxies;
    }

    Verdict handle(Message query) {
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
            case Type.A, Type.AAAA -> addresses(query, name, entry);
            // These could tell the real address, past the tunnel.
            case Type.HTTPS, Type.SVCB, Type.ANY -> new Verdict.Answer(empty(query), entry);
            case Type.SRV, Type.TXT -> new Verdict.AskSite(entry);
            default -> new Verdict.Forward();
        };
    }

    private static Message empty(Message query) {
        return DnsMessages.reply(query, Rcode.NOERROR);
    }

    private Verdict addresses(Message query, String name, ResourceEntry entry) {
        var assigned = proxies.find(name, entry.id());
        if (assigned == null) {
            assigned = proxies.assign(name, (Resource.Dns) entry.resource);
        }
        var reply = empty(query);
        var owner = query.getQuestion().getName();
        boolean wantsV4 = query.getQuestion().getType() == Type.A;
        var stack = ((Resource.Dns) entry.resource).stack(); // may have changed since
        boolean isServed = wantsV4 ? stack.hasV4() : stack.hasV6();
        for (var address : assigned.addresses()) {
            if (isServed && address.isV4() == wantsV4) {
                reply.addRecord(record(owner, address), Section.ANSWER);
            }
        }
        return new Verdict.Answer(reply, entry);
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
