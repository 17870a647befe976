package dev.gatehouse.portal.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gatehouse.portal.hub.AuditEvent;
import dev.gatehouse.portal.hub.HubAction;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes what the hub wants stored, in order, on one thread of its own. At most 100,000 changes
/// wait; what comes beyond is dropped and logged.
public final class StoreWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);
    private static final int QUEUE_LENGTH_MAX = 100_000;
    private static final long CLOSE_TIMEOUT_S = 5;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final PortalStore store;
    private final OutputStream auditFile;
    private final ThreadPoolExecutor thread;
    private volatile boolean healthy = true;

    public StoreWriter(PortalStore store, Path directory) throws IOException {
        this.store = store;
        this.auditFile = openAudit(directory.resolve("audit.jsonl"));
        this.thread =
                new ThreadPoolExecutor(
                        1,
                        1,
                        0,
                        TimeUnit.SECONDS,
                        new ArrayBlockingQueue<>(QUEUE_LENGTH_MAX),
                        task -> new Thread(task, "portal-store"));
    }

    private static OutputStream openAudit(Path file) throws IOException {
        if (Files.notExists(file)) {
            var mode = PosixFilePermissions.fromString("rw-------");
            Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
        }
        return Files.newOutputStream(file, StandardOpenOption.APPEND);
    }

    private interface Change {
        void write() throws SQLException, IOException;
    }

    public void write(HubAction action) {
        switch (action) {
            case HubAction.Send _, HubAction.Close _, HubAction.Report _ ->
                    throw new IllegalArgumentException("not for the store");
            case HubAction.SaveDevice(var device) -> submit(() -> store.save(device));
            case HubAction.SaveAuthorization(var a) -> submit(() -> store.save(a));
            case HubAction.DeleteAuthorization(var id) ->
                    submit(() -> store.deleteAuthorization(id));
            case HubAction.SaveBlock(var block) -> submit(() -> store.save(block));
            case HubAction.DeleteBlock(var block) -> submit(() -> store.delete(block));
            case HubAction.SaveDisabled(var id, boolean disabled) ->
                    submit(() -> store.saveDisabled(id, disabled));
            case HubAction.TokenUsed(var id, long at) -> submit(() -> store.saveTokenUse(id, at));
            case HubAction.Audit(var event) -> submit(() -> audit(event));
        }
    }

    private void audit(AuditEvent event) throws SQLException, IOException {
        String line = line(event);
        auditFile.write((line + "\n").getBytes(StandardCharsets.UTF_8));
        auditFile.flush();
        store.saveAudit(event.at(), event.kind().name(), line);
    }

    static String line(AuditEvent event) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("time", Instant.ofEpochSecond(event.at()).toString());
        fields.put("event", event.kind().name().toLowerCase(java.util.Locale.ROOT));
        put(fields, "actor", event.actor());
        put(fields, "client_id", event.clientId());
        put(fields, "client", event.client());
        put(fields, "resource_id", event.resourceId());
        put(fields, "resource", event.resource());
        put(fields, "policy_id", event.policyId());
        put(fields, "gateway_id", event.gatewayId());
        put(fields, "gateway", event.gateway());
        put(fields, "authorization_id", event.authorizationId());
        if (event.expiresAt() > 0) {
            fields.put("expires_at", Instant.ofEpochSecond(event.expiresAt()).toString());
        }
        put(fields, "detail", event.detail());
        if (event.since() > 0) {
            fields.put("count", event.count());
            fields.put("since", Instant.ofEpochSecond(event.since()).toString());
        }
        try {
            return JSON.writeValueAsString(fields);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void put(LinkedHashMap<String, Object> fields, String key, String value) {
        if (!value.isEmpty()) {
            fields.put(key, value);
        }
    }

    private void submit(Change change) {
        try {
            thread.execute(() -> run(change));
        } catch (RejectedExecutionException _) {
            healthy = false;
            LOG.error("a change was not stored: the database is too slow or closed");
        }
    }

    private void run(Change change) {
        try {
            change.write();
            healthy = true;
        } catch (SQLException | IOException e) {
            healthy = false;
            LOG.error("a change was not stored", e);
        }
    }

    /// Whether the latest change was stored; a portal that forgets is not ready.
    public boolean isHealthy() {
        return healthy;
    }

    /// Writes a backup between two changes.
    public CompletableFuture<Void> backup(Path file) {
        var done = new CompletableFuture<Void>();
        thread.execute(
                () -> {
                    try {
                        store.backup(file);
                        done.complete(null);
                    } catch (SQLException | IOException e) {
                        done.completeExceptionally(e);
                    }
                });
        return done;
    }

    /// Writes what waits, for at most 5 s, and closes the files.
    @Override
    public void close() throws SQLException, IOException {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(CLOSE_TIMEOUT_S, TimeUnit.SECONDS)) {
                LOG.error("{} changes were not stored in time", thread.getQueue().size());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        auditFile.close();
        store.close();
    }
}
