package dev.gatehouse.portal.store;

import dev.gatehouse.portal.directory.Directory;
import dev.gatehouse.portal.state.Authorization;
import dev.gatehouse.portal.state.Block;
import dev.gatehouse.portal.state.Device;
import dev.gatehouse.portal.state.HubState;
import dev.gatehouse.portal.state.Role;
import dev.gatehouse.transport.process.OwnedFiles;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.h2.jdbcx.JdbcDataSource;

/// The embedded database. Not thread-safe: after start-up it belongs to the [StoreWriter].
public final class PortalStore implements AutoCloseable {
    /// The newest migration; a database that has it is not shown to Flyway, which saves most of
    /// the start-up time.
    private static final String LATEST_MIGRATION = "1";

    private static final int AUDIT_LINE_LENGTH_MAX = 8192; // the whole line is in the file
    private static final int AUDIT_ROWS_MAX = 100_000;
    private static final int H2_LOCKED = 90020;

    /// What a killed portal may forget. A gateway takes from its clients what a portal has
    /// forgotten; 0 would cost 20 KiB of file and 450 us for each change.
    private static final int WRITE_DELAY_MS = 50;

    private static final String OWNER_ONLY = "rwx------";
    private static final String OURS = "{portal.*.db*,audit*.jsonl*,api-token,backup*.zip}";

    private final Connection connection;

    private PortalStore(Connection connection) {
        this.connection = connection;
    }

    /// Opens or creates the database in `directory`.
    ///
    /// @throws StoreLocked if another portal runs on it
    public static PortalStore open(Path directory) throws SQLException, IOException, StoreLocked {
        var owner = PosixFilePermissions.fromString(OWNER_ONLY);
        Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(owner));
        if (!Files.isWritable(directory)) {
            throw new AccessDeniedException(directory.toString());
        }
        OwnedFiles.closeToOthers(); // the database makes files of its own, now and later
        closeToOthers(directory);
        String url =
                "jdbc:h2:file:%s;DB_CLOSE_ON_EXIT=FALSE;TRACE_LEVEL_FILE=0;WRITE_DELAY=%d"
                        .formatted(directory.toAbsolutePath().resolve("portal"), WRITE_DELAY_MS);
        var store = new PortalStore(connect(url));
        if (!store.isMigrated()) {
            store.migrate(url);
        }
        return store;
    }

    /// Files of an earlier run that others could read.
    private static void closeToOthers(Path directory) throws IOException {
        try (var files = Files.newDirectoryStream(directory, OURS)) {
            for (var file : files) {
                if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    Files.setPosixFilePermissions(
                            file, PosixFilePermissions.fromString("rw-------"));
                }
            }
        }
    }

    private static Connection connect(String url) throws SQLException, StoreLocked {
        try {
            return DriverManager.getConnection(url, "sa", "");
        } catch (SQLException e) {
            if (e.getErrorCode() == H2_LOCKED) {
                throw new StoreLocked(e);
            }
            throw e;
        }
    }

    /// Another process holds the database.
    public static final class StoreLocked extends Exception {
        private static final long serialVersionUID = 1;

        StoreLocked(Throwable cause) {
            super("the database is in use by another portal", cause);
        }
    }

    private boolean isMigrated() throws SQLException {
        try (var tables = connection.getMetaData().getTables(null, "PUBLIC", "%", null)) {
            boolean known = false;
            while (tables.next()) {
                known |= tables.getString("TABLE_NAME").equals("flyway_schema_history");
            }
            if (!known) {
                return false;
            }
        }
        String sql =
                "select count(*) from \"flyway_schema_history\""
                        + " where \"version\" = ? and \"success\"";
        try (var select = connection.prepareStatement(sql)) {
            select.setString(1, LATEST_MIGRATION);
            try (var rows = select.executeQuery()) {
                return rows.next() && rows.getInt(1) == 1;
            }
        }
    }

    private void migrate(String url) {
        var source = new JdbcDataSource();
        source.setURL(url);
        source.setUser("sa");
        source.setPassword("");
        Flyway.configure(PortalStore.class.getClassLoader())
                .dataSource(source)
                .locations("classpath:db/migration")
                .load()
                .migrate();
    }

    /// All that the hub starts from.
    public HubState load(Directory directory) throws SQLException {
        return new HubState(
                directory,
                list("select * from device order by id", PortalStore::device),
                list("select * from access_authorization order by id", PortalStore::authorization),
                list(
                        "select * from client_block",
                        r -> new Block(r.getString("client_id"), r.getString("resource_id"))),
                list("select * from disabled_resource", r -> r.getString("resource_id")));
    }

    private interface Row<E> {
        E read(ResultSet row) throws SQLException;
    }

    private <E> List<E> list(String sql, Row<E> reader) throws SQLException {
        var list = new ArrayList<E>();
        try (var select = connection.createStatement();
                var rows = select.executeQuery(sql)) {
            while (rows.next()) {
                list.add(reader.read(rows));
            }
        }
        return list;
    }

    private static Device device(ResultSet row) throws SQLException {
        return new Device(
                row.getString("id"),
                Role.valueOf(row.getString("role")),
                row.getString("owner_id"),
                row.getString("external_id"),
                row.getString("name"),
                row.getString("public_key"),
                row.getString("psk_base"),
                row.getInt("tunnel_offset"),
                row.getString("hardware"),
                row.getBoolean("verified"),
                row.getString("version"),
                row.getLong("created_at"),
                row.getLong("seen_at"));
    }

    private static Authorization authorization(ResultSet row) throws SQLException {
        return new Authorization(
                row.getString("id"),
                row.getString("client_id"),
                row.getString("gateway_id"),
                row.getString("resource_id"),
                row.getString("resource_identity"),
                row.getString("policy_id"),
                row.getString("token_id"),
                row.getString("actor_id"),
                row.getString("site_id"),
                row.getLong("created_at"),
                row.getLong("expires_at"));
    }

    void save(Device d) throws SQLException {
        update(
                "merge into device key (id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                d.id(),
                d.role().name(),
                d.ownerId(),
                d.externalId(),
                d.name(),
                d.publicKey(),
                d.pskBaseHex(),
                d.tunnelOffset(),
                d.hardware(),
                d.verified(),
                d.version(),
                d.createdAt(),
                d.seenAt());
    }

    void deleteDevice(String id) throws SQLException {
        update("delete from device where id = ?", id);
    }

    void save(Authorization a) throws SQLException {
        update(
                "merge into access_authorization key (id)"
                        + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                a.id(),
                a.clientId(),
                a.gatewayId(),
                a.resourceId(),
                a.resourceIdentity(),
                a.policyId(),
                a.tokenId(),
                a.actorId(),
                a.siteId(),
                a.createdAt(),
                a.expiresAt());
    }

    void deleteAuthorization(String id) throws SQLException {
        update("delete from access_authorization where id = ?", id);
    }

    void save(Block block) throws SQLException {
        update(
                "merge into client_block key (client_id, resource_id) values (?, ?)",
                block.clientId(),
                block.resourceId());
    }

    void delete(Block block) throws SQLException {
        update(
                "delete from client_block where client_id = ? and resource_id = ?",
                block.clientId(),
                block.resourceId());
    }

    void saveDisabled(String resourceId, boolean disabled) throws SQLException {
        update(
                disabled
                        ? "merge into disabled_resource key (resource_id) values (?)"
                        : "delete from disabled_resource where resource_id = ?",
                resourceId);
    }

    void saveTokenUse(String tokenId, long at) throws SQLException {
        if (update("update token_use set last_at = ? where token_id = ?", at, tokenId) == 0) {
            update("insert into token_use values (?, ?, ?)", tokenId, at, at);
        }
    }

    /// One change among those of a transaction.
    interface Change<E> {
        void write(PortalStore store, E item) throws SQLException;
    }

    /// All of them, or none.
    <E> void transaction(List<E> items, Change<E> change) throws SQLException {
        connection.setAutoCommit(false);
        try {
            for (var item : items) {
                change.write(this, item);
            }
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
    }

    /// Whether it is the value that does not fit, so that it never will.
    static boolean isAboutValue(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("22") || state.startsWith("23"));
    }

    void saveAudit(long at, String kind, String line) throws SQLException {
        String cut = line.substring(0, Math.min(line.length(), AUDIT_LINE_LENGTH_MAX));
        update("insert into audit (at, kind, line) values (?, ?, ?)", at, kind, cut);
    }

    /// The newest lines are kept; the files hold more.
    void pruneAudit() throws SQLException {
        update("delete from audit where id <= (select max(id) from audit) - ?", AUDIT_ROWS_MAX);
    }

    /// Writes a consistent copy as a zip file of mode 0600, which H2's restore tool reads.
    public void backup(Path file) throws SQLException, IOException {
        var mode = PosixFilePermissions.fromString("rw-------");
        if (Files.notExists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(mode));
        }
        update("backup to ?", file.toAbsolutePath().toString());
    }

    /// Rows of a table of ours.
    int count(String table) throws SQLException {
        return list("select count(*) from " + table, row -> row.getInt(1)).getFirst();
    }

    private int update(String sql, Object... values) throws SQLException {
        try (var statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            return statement.executeUpdate();
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
