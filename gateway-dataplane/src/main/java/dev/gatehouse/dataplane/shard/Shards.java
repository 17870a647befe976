package dev.gatehouse.dataplane.shard;

import dev.gatehouse.dataplane.handover.ShardStatus;
import dev.gatehouse.transport.loop.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;

/// All packet threads of the process. They share nothing but commands; any thread may call.
public final class Shards implements AutoCloseable {
    /// An agent and the thread that runs it.
    public record Running(GatewayShard agent, Shard<ShardCommand> loop) {}

    private final List<Running> shards;

    /// @param shards in order, at least one
    public Shards(List<Running> shards) {
        this.shards = List.copyOf(shards);
    }

    public int count() {
        return shards.size();
    }

    public Shard<ShardCommand> loop(int shard) {
        return shards.get(shard).loop;
    }

    public void start() {
        shards.forEach(shard -> shard.loop.start());
    }

    /// Returns false if the shard is behind.
    public boolean post(int shard, ShardCommand command) {
        return shards.get(shard).loop.post(command);
    }

    /// Posts to each. Returns false if any is behind: it may be posted again.
    public boolean postAll(ShardCommand command) {
        boolean taken = true;
        for (var shard : shards) {
            taken &= shard.loop.post(command);
        }
        return taken;
    }

    /// Completes on the shard's thread.
    public <R> CompletableFuture<R> ask(
            int shard, Function<CompletableFuture<R>, ? extends ShardCommand> make) {
        var reply = new CompletableFuture<R>();
        if (!post(shard, make.apply(reply))) {
            reply.completeExceptionally(new RejectedExecutionException("the shard is behind"));
        }
        return reply;
    }

    /// Asks each; completes with all answers in order, or with a failure of any.
    public <R> CompletableFuture<List<R>> askAll(
            Function<CompletableFuture<R>, ShardCommand> make) {
        var replies = new ArrayList<CompletableFuture<R>>();
        for (int i = 0; i < shards.size(); i++) {
            replies.add(ask(i, make));
        }
        return all(replies);
    }

    public static <R> CompletableFuture<List<R>> all(List<CompletableFuture<R>> replies) {
        return CompletableFuture.allOf(replies.toArray(CompletableFuture[]::new))
                .thenApply(_ -> replies.stream().map(CompletableFuture::join).toList());
    }

    /// Whether the shard can give a client that is new a relay.
    public boolean hasRelay(int shard) {
        return shards.get(shard).agent.status().relaysKnown() > 0;
    }

    /// What all are together.
    public ShardStatus status() {
        return ShardStatus.combined(shards.stream().map(s -> s.agent.status()).toList());
    }

    @Override
    public void close() {
        shards.forEach(shard -> shard.loop.stop());
        shards.forEach(shard -> shard.loop.close());
    }
}
