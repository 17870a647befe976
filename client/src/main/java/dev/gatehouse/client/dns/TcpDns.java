package dev.gatehouse.client.dns;

import dev.gatehouse.client.state.boundary.DnsPayload;
import dev.gatehouse.client.state.boundary.TcpDnsQuery;
import dev.gatehouse.client.state.name.AddressPlan;
import dev.gatehouse.wire.Endpoint;
import dev.gatehouse.wire.IpAddress;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/// DNS over TCP (client.md 12 and 14): answers queries to sentinels ([TcpDnsServer]), asks servers
/// ([TcpQuestions]). The loop decides on every query; the connections have one thread of their own.
public final class TcpDns implements AutoCloseable {
    private final EventLoopGroup thread =
            new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("tcp-dns", true), EpollIoHandler.newFactory());
    private final TcpDnsServer server;
    private final TcpQuestions questions;

    /// @param onQuery has a query decided on; false if that is not possible at present
    /// @param onAnswer told what became of a ticket, empty if there was no answer; false: tell it
    ///     again
    public TcpDns(
            Predicate<TcpDnsQuery> onQuery, BiPredicate<Long, Optional<DnsPayload>> onAnswer) {
        this(onQuery, onAnswer, AddressPlan.TCP_DNS_PORT, AddressPlan::isSentinel);
    }

    /// For tests.
    TcpDns(
            Predicate<TcpDnsQuery> onQuery,
            BiPredicate<Long, Optional<DnsPayload>> onAnswer,
            int port,
            Predicate<IpAddress> isSentinel) {
        server = new TcpDnsServer(thread, onQuery, port, isSentinel);
        questions = new TcpQuestions(thread, onAnswer);
    }

    /// Listens on the interface's addresses, instead of those before. Called by the loop.
    public void listenOn(List<IpAddress> wanted) {
        server.listenOn(wanted);
    }

    /// Asks a server; what becomes of it is told, once.
    ///
    /// @param throughTunnel or past it
    public void ask(long ticket, Endpoint whom, boolean throughTunnel, DnsPayload query) {
        questions.ask(ticket, whom, throughTunnel, query);
    }

    /// Messages of servers so far that were no answer to the question. Any thread.
    public long mismatched() {
        return questions.mismatched();
    }

    /// Connections so far that made room for others, or sent what is no query. Any thread.
    public long refused() {
        return server.refused();
    }

    @Override
    public void close() {
        thread.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
