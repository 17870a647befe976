package dev.gatehouse.portal.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is left of the database when the process that writes it is killed.
class PortalStoreTest {
    private static final int GRANTS = 12;
    private static final long GRANT_EVERY_NS = TimeUnit.MILLISECONDS.toNanos(400);
    private static final String CLIENT = "6f0c5a52-6c0e-4f3f-9a57-0d5d7a1f7b11";
    private static final String GATEWAY = "b1e6c0de-52a4-4a0c-8f39-2f5b7c8d9e10";
    private static final List<String> RESOURCES =
            List.of(
                    "0d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01",
                    "1d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01",
                    "2d9a7c1e-3b52-4c86-a1f0-7e4b2d6c8f01");

    @TempDir private Path folder;

    /// A portal that is killed, started again, and then ended as it should be: what the second
    /// found is there for the third.
    @Test
    void whatSurvivesAKillSurvivesTheNextGoodEndToo() throws Exception {
        makeSpaceSoonReused();
        var killed = start();
        assertThat(killed.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(killed.exitValue()).isEqualTo(KILLED);

        HubState found;
        try (var store = PortalStore.open(folder)) {
            found = store.load(directory());
            login(store);
        }

        assertThat(found.authorizations()).hasSameSizeAs(RESOURCES);
        try (var store = PortalStore.open(folder)) {
            assertThat(store.load(directory()).authorizations())
                    .containsExactlyInAnyOrderElementsOf(found.authorizations());
        }
    }

    /// The folder may be one that others can read, made by whoever installed the portal.
    @Test
    void filesAreTheOwnersAloneWhateverTheFolder() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        PortalStore.open(folder).close();
        var database = folder.resolve("portal.mv.db");
        Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r--r--"));
        Files.writeString(folder.resolve("audit.jsonl"), "");
        Files.setPosixFilePermissions(
                folder.resolve("audit.jsonl"), PosixFilePermissions.fromString("rw-r--r--"));

        try (var store = PortalStore.open(folder)) {
            store.backup(folder.resolve("copy.zip"));
            try (var files = Files.list(folder)) {
                assertThat(files)
                        .hasSizeGreaterThanOrEqualTo(3)
                        .allSatisfy(
                                file ->
                                        assertThat(Files.getPosixFilePermissions(file))
                                                .as("%s", file)
                                                .isEqualTo(
                                                        PosixFilePermissions.fromString(
                                                                "rw-------")));
            }
        }
    }

    @Test
    void aDeviceThatIsForgottenLeavesItsAddress() throws Exception {
        try (var store = PortalStore.open(folder)) {
            store.save(device(CLIENT, Role.CLIENT, 5));
            store.deleteDevice(CLIENT);
            store.save(device(GATEWAY, Role.GATEWAY, 5));

            assertThat(store.load(directory()).devices())
                    .singleElement()
                    .satisfies(device -> assertThat(device.id()).isEqualTo(GATEWAY));
        }
    }

    @Test
    void aNewDatabaseIsTheOwnersAlone() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));

        PortalStore.open(folder).close();

        assertThat(Files.getPosixFilePermissions(folder.resolve("portal.mv.db")))
                .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }

    /// A grant that gateway and client were told a moment ago is not forgotten.
    @Test
    void whatWasStoredAMomentAgoSurvivesAKill() throws Exception {
        PortalStore.open(folder).close(); // for the schema
        assertThat(start().waitFor(60, TimeUnit.SECONDS)).isTrue();

        try (var store = PortalStore.open(folder)) {
            assertThat(store.load(directory()).authorizations())
                    .extracting(Authorization::createdAt)
                    .contains((long) GRANTS - 1);
        }
    }

    /// What takes 45 s otherwise, so that the portal that is killed need not be that old.
    private void makeSpaceSoonReused() throws Exception {
        PortalStore.open(folder).close(); // for the schema
        var url = "jdbc:h2:file:" + folder.resolve("portal");
        try (var database = DriverManager.getConnection(url, "sa", "");
                var statement = database.createStatement()) {
            statement.execute("set retention_time 500");
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        KilledPortal.class.getName(),
                        folder.toString())
                .inheritIO()
                .start();
    }

    private static final int KILLED = 9;
    private static final long TO_DISK_NS = TimeUnit.MILLISECONDS.toNanos(300);

    /// Logs peers in and grants access for some seconds, then is gone without a word.
    static final class KilledPortal {
        private KilledPortal() {}

        public static void main(String[] folder) throws Exception {
            var store = PortalStore.open(Path.of(folder[0]));
            var granted = new String[RESOURCES.size()];
            for (int i = 0; i < GRANTS; i++) {
                LockSupport.parkNanos(GRANT_EVERY_NS);
                login(store);
                int resource = i % RESOURCES.size();
                if (granted[resource] != null) {
                    store.deleteAuthorization(granted[resource]);
                }
                granted[resource] = UUID.randomUUID().toString();
                store.save(authorization(granted[resource], RESOURCES.get(resource), i));
            }
            LockSupport.parkNanos(TO_DISK_NS);
            Runtime.getRuntime().halt(KILLED);
        }
    }

    private static void login(PortalStore store) throws SQLException {
        store.saveTokenUse("token", 1_790_000_000L);
        store.save(device(CLIENT, Role.CLIENT, 5));
        store.save(device(GATEWAY, Role.GATEWAY, 6));
        store.saveAudit(1_790_000_000L, "CONNECTED", "{\"event\":\"connected\"}");
    }

    private static Device device(String id, Role role, int offset) {
        var key = UUID.randomUUID().toString();
        return new Device(
                id, role, "owner", "of " + id, "name", key, "00", offset, "", false, "1.5.4", 1, 2);
    }

    private static Authorization authorization(String id, String resource, long createdAt) {
        return new Authorization(
                id,
                CLIENT,
                GATEWAY,
                resource,
                "cidr 10.0.0.0/8",
                "policy",
                "token",
                "actor",
                "site",
                createdAt,
                2_145_916_800L);
    }

    /// The store hands it through.
    private static Directory directory() {
        return null;
    }
}
