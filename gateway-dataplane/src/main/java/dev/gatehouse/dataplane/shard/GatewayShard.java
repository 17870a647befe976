package dev.gatehouse.dataplane.shard;

import com.google.protobuf.ByteString;
import dev.gatehouse.connectivity.Node;
import dev.gatehouse.connectivity.NodeConfig;
import dev.gatehouse.dataplane.config.DataplaneConfig;
import dev.gatehouse.dataplane.dns.NameLookup;
import dev.gatehouse.dataplane.gateway.GatewaySnapshot;
import dev.gatehouse.dataplane.gateway.GatewayState;
import dev.gatehouse.dataplane.gateway.limit.GatewayLimits;
import dev.gatehouse.dataplane.handover.EventReporter;
import dev.gatehouse.dataplane.handover.ShardStatus;
import dev.gatehouse.dataplane.snapshot.NodeCodec;
import dev.gatehouse.rpc.AuthorizeReply;
import dev.gatehouse.rpc.ConfigureReply;
import dev.gatehouse.rpc.DrainReply;
import dev.gatehouse.rpc.ReconcileReply;
import dev.gatehouse.rpc.RejectReply;
import dev.gatehouse.rpc.RemoteCandidatesReply;
import dev.gatehouse.rpc.ResumeReply;
import dev.gatehouse.rpc.ShutdownReply;
import dev.gatehouse.rpc.UpdateExpiryReply;
import dev.gatehouse.rpc.UpdateRelaysReply;
import dev.gatehouse.rpc.UpdateResourceReply;
import dev.gatehouse.transport.loop.Agent;
import dev.gatehouse.transport.loop.Poller;
import dev.gatehouse.transport.process.MonotonicClock;
import dev.gatehouse.wireguard.crypto.Aead;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The agent of one of the data plane's shards: nothing is open before Resume, then a [Session]
/// runs.
public final class GatewayShard implements Agent<ShardCommand> {
    /// What the shard uses of its surroundings.
    ///
    /// @param index its number, from 0
    /// @param aead this shard's own
    /// @param clients hears who comes and goes
    /// @param onResume called once, when packets are about to flow, with the number of connections
    ///     that were resumed; must not block
    /// @param onConfigured called when the TUN device has its addresses; must not block
    /// @param onDeviceRestored called with the name of the TUN device, when it was made again
    /// @param onShutdown called once, asks for the end of the process
    public record Surroundings(
            int index,
            DataplaneConfig config,
            Poller poller,
            MonotonicClock clock,
            RandomGenerator random,
            Aead aead,
            NameLookup lookups,
            ClientWatch clients,
            IntConsumer onResume,
            Consumer<GatewaySnapshot.Interface> onConfigured,
            Consumer<String> onDeviceRestored,
            Consumer<ShardCommand.Shutdown> onShutdown) {}

    private static final Logger LOG = LoggerFactory.getLogger(GatewayShard.class);
    private static final long FLUSH_LIMIT_NS = Duration.ofSeconds(1).toNanos();
    private static final long FLUSH_WAIT_NS = Duration.ofMillis(10).toNanos();

    private final Surroundings around;
    private final EventReporter reporter;
    private volatile ShardStatus status = ShardStatus.STARTING;
    private Session session;
    private boolean ended;

    public GatewayShard(Surroundings around, EventReporter reporter) {
        this.around = around;
        this.reporter = reporter;
    }

    /// For probes; any thread may read it.
    ShardStatus status() {
        return status;
    }

    @Override
    public void handleCommand(ShardCommand command, long nowNs) throws IOException {
        switch (command) {
            case ShardCommand.ReadMetrics(var reply) ->
                    reply.complete(session == null ? ShardMetrics.NONE : session.metrics());
            case ShardCommand.NameResolved(var answer) when session != null ->
                    session.handleAnswer(answer, nowNs);
            case ShardCommand.SendSnapshot() when session != null -> session.sendSnapshot(nowNs);
            case ShardCommand.Forget(var clientId) when session != null ->
                    session.forget(clientId, nowNs);
            case ShardCommand.HostAddresses(var addresses) when session != null ->
                    session.setHostAddresses(addresses);
            case ShardCommand.Asked<?> asked -> handleAsked(asked, nowNs);
            case ShardCommand.NameResolved _,
                    ShardCommand.SendSnapshot _,
                    ShardCommand.HostAddresses _,
                    ShardCommand.Forget _ -> {}
            case ShardCommand.CipherWarm() -> around.aead.handleWarmedUp();
        }
        publish();
    }

    /// What the contract refuses goes back to the caller; what the machine refuses ends the shard.
    private void handleAsked(ShardCommand.Asked<?> asked, long nowNs) throws IOException {
        try {
            if (asked instanceof ShardCommand.Resume resume) {
                resume(resume, nowNs);
            } else if (asked instanceof ShardCommand.Shutdown shutdown) {
                shutdown(shutdown, nowNs);
            } else if (session == null) {
                asked.reply().completeExceptionally(new NotResumedException());
            } else {
                execute(asked, nowNs);
            }
        } catch (IllegalArgumentException | RejectedExecutionException e) {
            asked.reply().completeExceptionally(e);
        } catch (IOException e) {
            asked.reply().completeExceptionally(e);
            throw e;
        }
    }

    private void execute(ShardCommand.Asked<?> asked, long nowNs) throws IOException {
        switch (asked) {
            case ShardCommand.Configure(var tunnel, var reply) -> {
                session.configure(tunnel, nowNs);
                reply.complete(ConfigureReply.getDefaultInstance());
            }
            case ShardCommand.UpdateRelays(var request, var reply) -> {
                session.updateRelays(request, nowNs);
                publish(); // whoever gets the reply may ask at once who has a relay
                reply.complete(UpdateRelaysReply.getDefaultInstance());
            }
            case ShardCommand.Authorize(var request, var reply) -> {
                var outcome = session.authorize(request, nowNs);
                reply.complete(AuthorizeReply.newBuilder().setOutcome(outcome).build());
                session.finish(nowNs); // candidates come after the reply
            }
            case ShardCommand.Reject(var key, var reply) -> {
                session.reject(key, nowNs);
                reply.complete(RejectReply.getDefaultInstance());
            }
            case ShardCommand.UpdateResource(var resource, var reply) -> {
                session.updateResource(resource, nowNs);
                reply.complete(UpdateResourceReply.getDefaultInstance());
            }
            case ShardCommand.UpdateExpiry(var request, var reply) -> {
                session.updateExpiry(request, nowNs);
                reply.complete(UpdateExpiryReply.getDefaultInstance());
            }
            case ShardCommand.AddCandidates(var request, var reply) -> {
                session.addCandidates(request, nowNs);
                reply.complete(RemoteCandidatesReply.getDefaultInstance());
            }
            case ShardCommand.RemoveCandidates(var request, var reply) -> {
                session.removeCandidates(request, nowNs);
                reply.complete(RemoteCandidatesReply.getDefaultInstance());
            }
            case ShardCommand.Reconcile(var entries, var reply) -> {
                int removed = session.reconcile(entries, nowNs);
                reply.complete(ReconcileReply.newBuilder().setRemoved(removed).build());
            }
            case ShardCommand.Drain(boolean draining, var reply) -> {
                int connections = session.drain(draining, nowNs);
                reply.complete(DrainReply.newBuilder().setConnections(connections).build());
            }
            case ShardCommand.Resume _, ShardCommand.Shutdown _ ->
                    throw new IllegalStateException("handled before");
        }
    }

    private void resume(ShardCommand.Resume resume, long nowNs) throws IOException {
        boolean already = session != null;
        if (!already) {
            session = open(resume, nowNs);
            around.onResume.accept(resume.snapshot().getPeersCount());
        }
        resume.reply()
                .complete(
                        ResumeReply.newBuilder()
                                .setPublicKey(ByteString.copyFrom(session.publicKey().toBytes()))
                                .setAlreadyResumed(already)
                                .build());
    }

    private Session open(ShardCommand.Resume resume, long nowNs) throws IOException {
        var snapshot = resume.snapshot();
        var keys = NodeCodec.keyPair(snapshot.getKeyPair());
        long unixOriginNs = around.clock.unixOriginNs();
        var node = new Node(NodeConfig.gateway(keys, around.aead, unixOriginNs), around.random);
        var limits =
                GatewayLimits.ofShard(Runtime.getRuntime().maxMemory(), around.config.shards());
        var state = new GatewayState(limits, unixOriginNs, around.random.nextLong());
        state.allowNameTargets(around.config.nameTargets());
        int port =
                snapshot.hasUdpPort() ? snapshot.getUdpPort() : around.config.udpPort(around.index);
        var io = ShardIo.open(around.poller, around.config, around.index, port);
        var opened = new Session(keys, node, state, io, reporter, around);
        try {
            opened.restore(snapshot, nowNs, unixOriginNs + nowNs);
        } catch (IOException | IllegalArgumentException e) {
            opened.close();
            throw e;
        }
        LOG.info(
                "{} with {} connections on UDP port {}",
                resume.afresh() ? "started" : "resumed",
                snapshot.getPeersCount(),
                io.port());
        return opened;
    }

    private void shutdown(ShardCommand.Shutdown shutdown, long nowNs) throws IOException {
        shutdown.reply().complete(ShutdownReply.getDefaultInstance());
        if (!ended) {
            ended = true;
            if (session != null && shutdown.goodbye()) {
                session.shutdown(nowNs);
            }
            around.onShutdown.accept(shutdown);
        }
    }

    @Override
    public void handleTimeout(long nowNs) throws IOException {
        if (session != null) {
            session.handleTimeout(nowNs);
            publish();
        }
    }

    private void publish() {
        if (session != null) {
            var next = session.status();
            if (!next.equals(status)) {
                status = next;
            }
        }
    }

    @Override
    public int doWork(long nowNs) throws IOException {
        return session == null ? 0 : session.doWork(nowNs);
    }

    @Override
    public long pollTimeout() {
        return session == null ? NEVER : session.pollTimeout();
    }

    @Override
    public void stop(long nowNs) {
        if (session == null) {
            return;
        }
        try {
            long untilNs = nowNs + FLUSH_LIMIT_NS;
            while (!session.flush() && around.clock.nowNs() < untilNs) {
                around.poller.poll(FLUSH_WAIT_NS);
            }
        } catch (IOException e) {
            LOG.debug("unsent datagrams are lost: {}", e.getMessage());
        } finally {
            session.close();
        }
    }
}
