package dev.gatehouse.portal.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.state.AuditEvent;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.HubAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// State goes before audit and is never lost, whatever peers do; the trail is bounded.
class StoreWriterTest {
    private static final int FLOOD = 200_000;

    @TempDir private Path directory;

    private static HubAction audit(int i) {
        return new HubAction.Audit(AuditEvent.leftOut(i, 1));
    }

    private static HubAction grant(int i) {
        return new HubAction.SaveAuthorization(
                new Authorization(
                        "id" + i,
                        "client",
                        "gateway",
                        "resource" + i,
                        "",
                        "policy",
                        "token",
                        "actor",
                        "site",
                        1,
                        2));
    }

    private PortalStore store() throws Exception {
        return PortalStore.open(directory.resolve("data"));
    }

    private long stored() throws Exception {
        try (var store = store()) {
            return store.count("access_authorization");
        }
    }

    @Test
    void aFloodOfAuditLinesCostsNoChangeAndIsCounted() throws Exception {
        var store = store();
        var writer = new StoreWriter(store, directory.resolve("data"));

        for (int i = 0; i < FLOOD; i++) {
            writer.write(audit(i));
            if (i % 1_000 == 0) {
                writer.write(grant(i));
            }
        }
        writer.close();

        assertThat(stored()).isEqualTo(FLOOD / 1_000);
        var lines = Files.readAllLines(directory.resolve("data/audit.jsonl"));
        assertThat(lines.size() + writer.auditLeftOut()).isGreaterThanOrEqualTo(FLOOD);
    }

    @Test
    void changesOfOneRowWaitAsOne() throws Exception {
        var queue = new StateQueue();
        for (int i = 0; i < FLOOD; i++) {
            queue.add(new HubAction.TokenUsed("token", i));
            queue.add(new HubAction.SaveDisabled("resource", i % 2 == 0));
        }
        queue.add(grant(1));
        queue.add(new HubAction.DeleteAuthorization("id1"));

        assertThat(queue.take(10))
                .containsExactly(
                        new HubAction.TokenUsed("token", FLOOD - 1),
                        new HubAction.SaveDisabled("resource", false),
                        new HubAction.DeleteAuthorization("id1"));
    }

    @Test
    void whatIsPutBackIsOlderThanWhatCameMeanwhile() {
        var queue = new StateQueue();
        queue.add(new HubAction.TokenUsed("a", 2));

        queue.putBack(List.of(new HubAction.TokenUsed("a", 1), new HubAction.TokenUsed("b", 1)));

        assertThat(queue.take(10))
                .containsExactly(new HubAction.TokenUsed("b", 1), new HubAction.TokenUsed("a", 2));
    }

    @Test
    void whoStoresMoreThanTheDatabaseTakesIsBehindUntilItIsWritten() throws Exception {
        var store = store();
        var writer = new StoreWriter(store, directory.resolve("data"));
        var goOn = new CountDownLatch(1);
        var waits = new CountDownLatch(1);
        writer.between(
                () -> {
                    waits.countDown();
                    await(goOn);
                });
        waits.await();

        IntStream.range(0, 25_000).forEach(i -> writer.write(grant(i)));
        assertThat(writer.isBehind()).isTrue();
        goOn.countDown();
        writer.backup(directory.resolve("b.zip")).get();

        assertThat(writer.isBehind()).isFalse();
        writer.close();
        assertThat(stored()).isEqualTo(25_000);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theTrailIsAFewFilesOfLimitedSizeThatOnlyItsOwnerReads() throws Exception {
        var file = directory.resolve("audit.jsonl");
        var line = "x".repeat(99).concat("\n").getBytes();
        try (var audit = new AuditFile(file, 1_000)) {
            for (int i = 0; i < 200; i++) {
                audit.write(line);
            }
        }

        try (var files = Files.list(directory)) {
            var all = files.sorted().toList();
            assertThat(all).hasSize(1 + AuditFile.OLD_FILES);
            for (var each : all) {
                assertThat(Files.size(each)).isLessThanOrEqualTo(1_000);
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void theDatabaseKeepsTheNewestLines() throws Exception {
        try (var store = store()) {
            store.transaction(
                    IntStream.range(0, 100_500).boxed().toList(),
                    (to, i) -> to.saveAudit(i, "CONNECTED", "line " + i));
            store.pruneAudit();

            assertThat(store.count("audit")).isEqualTo(100_000);
        }
    }
}
