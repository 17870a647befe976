package dev.gatehouse.portal.store;

import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.HubAction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what the hub wants stored, on one thread of its own, many changes in one transaction.
///
/// State goes before audit and is never dropped: what cannot be stored is tried again each second,
/// and while 20,000 changes wait the hub grants nothing ([#isBehind]). Of the audit trail at most
/// 50,000 lines wait; what comes beyond is counted, and the count is a line.
public final class StoreWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
    private static final int BEHIND_AT = 20_000;
    private static final int AUDIT_QUEUE_MAX = 50_000;
    private static final int BATCH_MAX = 2_000;
    private static final long RETRY_MS = 1_000;
    private static final long CLOSE_TIMEOUT_S = 5;

    private final PortalStore store;
    private final AuditFile auditFile;
    private final Thread thread = new Thread(this::run, "portal-store");

    // guarded by this
    private final StateQueue state = new StateQueue();
    private final Queue<AuditEvent> audit = new ArrayDeque<>();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private int auditGap;
    private long auditLeftOut;
    private boolean closing;

    private volatile int waiting;
    private volatile boolean healthy = true;

    public StoreWriter(PortalStore store, Path directory) throws IOException {
        this.store = store;
        this.auditFile = new AuditFile(directory.resolve("audit.jsonl"), AuditFile.SIZE_MAX);
        thread.start();
    }

    public synchronized void write(HubAction action) {
        if (closing) {
            LOG.debug("closed: {} is not stored", action.getClass().getSimpleName());
            return;
        }
        if (action instanceof HubAction.Audit(var event)) {
            addAudit(event);
        } else {
            state.add(action);
            waiting = state.size();
        }
        notifyAll();
    }

    private void addAudit(AuditEvent event) {
        if (audit.size() == AUDIT_QUEUE_MAX) {
            auditGap++;
            auditLeftOut++;
            return;
        }
        if (auditGap > 0) {
            audit.add(AuditEvent.leftOut(event.at(), auditGap));
            auditGap = 0;
        }
        audit.add(event);
    }

    /// Writes a backup between two changes.
    public CompletableFuture<Void> backup(Path file) {
        var done = new CompletableFuture<Void>();
        boolean accepted =
                between(
                        () -> {
                            try {
                                store.backup(file);
                                done.complete(null);
                            } catch (SQLException | IOException e) {
                                done.completeExceptionally(e);
                            }
                        });
        if (!accepted) {
            done.completeExceptionally(new IOException("the store is closed"));
        }
        return done;
    }

    /// Runs a task on the writer's thread between two changes. Returns false if it is closed.
    synchronized boolean between(Runnable task) {
        if (!closing) {
            tasks.add(task);
            notifyAll();
        }
        return !closing;
    }

    /// Whether so much waits that nothing should be added.
    public boolean isBehind() {
        return waiting >= BEHIND_AT;
    }

    /// Changes that wait.
    public int waiting() {
        return waiting;
    }

    /// Audit lines left out since the start.
    public synchronized long auditLeftOut() {
        return auditLeftOut;
    }

    /// Whether the latest change was stored; a portal that forgets is not ready.
    public boolean isHealthy() {
        return healthy;
    }

    private record Work(List<HubAction> changes, Runnable task, List<AuditEvent> lines) {}

    private void run() {
        try {
            for (var work = next(); work != null; work = next()) {
                storeAll(work.changes);
                if (work.task != null) {
                    work.task.run();
                }
                writeAudit(work.lines);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Waits for work; null at the end. A task and the trail come when all changes are taken.
    private synchronized Work next() throws InterruptedException {
        while (state.size() == 0 && tasks.isEmpty() && audit.isEmpty()) {
            if (closing) {
                return null;
            }
            wait();
        }
        var changes = state.take(BATCH_MAX);
        waiting = state.size();
        boolean isAll = waiting == 0;
        return new Work(changes, isAll ? tasks.poll() : null, isAll ? lines() : List.of());
    }

    private List<AuditEvent> lines() {
        var lines = new ArrayList<AuditEvent>();
        while (!audit.isEmpty() && lines.size() < BATCH_MAX) {
            lines.add(audit.remove());
        }
        return lines;
    }

    private void storeAll(List<HubAction> changes) throws InterruptedException {
        if (changes.isEmpty()) {
            return;
        }
        try {
            store.transaction(changes, StoreWriter::store);
            healthy = true;
        } catch (SQLException e) {
            if (changes.size() == 1 && PortalStore.isAboutValue(e)) {
                healthy = false;
                LOG.error("a change was not stored, as it cannot be", e);
            } else if (changes.size() > 1) {
                storeOneByOne(changes);
            } else {
                retryLater(changes, e);
            }
        }
    }

    /// One of them cannot be stored: the others are.
    private void storeOneByOne(List<HubAction> changes) throws InterruptedException {
        for (int i = 0; i < changes.size(); i++) {
            storeAll(changes.subList(i, i + 1));
            if (!healthy && waiting > 0) {
                putBack(changes.subList(i + 1, changes.size()));
                return;
            }
        }
    }

    private void retryLater(List<HubAction> changes, SQLException reason)
            throws InterruptedException {
        if (healthy) {
            LOG.error("the database takes no change; tried again each second", reason);
        }
        healthy = false;
        putBack(changes);
        pause();
    }

    private synchronized void pause() throws InterruptedException {
        long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(RETRY_MS);
        for (long leftNs = untilNs - System.nanoTime();
                leftNs > 0;
                leftNs = untilNs - System.nanoTime()) {
            if (closing) {
                throw new InterruptedException("closing");
            }
            wait(Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNs)));
        }
    }

    private synchronized void putBack(List<HubAction> changes) {
        state.putBack(changes);
        waiting = state.size();
    }

    private static void store(PortalStore store, HubAction change) throws SQLException {
        switch (change) {
            case HubAction.SaveDevice(var device) -> store.save(device);
            case HubAction.DeleteDevice(var id) -> store.deleteDevice(id);
            case HubAction.SaveAuthorization(var a) -> store.save(a);
            case HubAction.DeleteAuthorization(var id) -> store.deleteAuthorization(id);
            case HubAction.SaveBlock(var block) -> store.save(block);
            case HubAction.DeleteBlock(var block) -> store.delete(block);
            case HubAction.SaveDisabled(var id, boolean is) -> store.saveDisabled(id, is);
            case HubAction.TokenUsed(var id, long at) -> store.saveTokenUse(id, at);
            default -> throw new IllegalArgumentException("no change of the state");
        }
    }

    private record Line(AuditEvent event, String text) {}

    private void writeAudit(List<AuditEvent> events) {
        if (events.isEmpty()) {
            return;
        }
        var lines = events.stream().map(e -> new Line(e, AuditLine.of(e))).toList();
        try {
            for (var line : lines) {
                auditFile.write((line.text + "\n").getBytes(StandardCharsets.UTF_8));
            }
            store.transaction(
                    lines,
                    (to, line) ->
                            to.saveAudit(line.event.at(), line.event.kind().name(), line.text));
            store.pruneAudit();
        } catch (SQLException | IOException e) {
            healthy = false;
            LOG.error("{} lines of the audit trail were not stored", lines.size(), e);
        }
    }

    /// Writes what waits, for at most 5 s, and closes the files.
    @Override
    public void close() throws SQLException, IOException {
        synchronized (this) {
            closing = true;
            notifyAll();
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(CLOSE_TIMEOUT_S));
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            int left = state.size() + audit.size();
            if (left > 0) {
                LOG.error("{} changes were not stored in time", left);
            }
        }
        auditFile.close();
        store.close();
    }
}
