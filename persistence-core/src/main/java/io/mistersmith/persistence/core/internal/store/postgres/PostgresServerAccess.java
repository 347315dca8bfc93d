package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.PostgresCluster;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;

/**
 * Asks a server for a backup, as the role MIGRATION, on a connection for each call. Thread-safe.
 */
public final class PostgresServerAccess implements PostgresCluster {

  private static final Duration LONGEST_STATEMENT = Duration.ofMinutes(10);

  private static final String FACTS =
      """
      SELECT split_part(current_setting('server_version'), ' ', 1),
             current_setting('server_version_num')::int / 10000,
             (SELECT system_identifier::text FROM pg_control_system()),
             CASE WHEN NOT pg_is_in_recovery()
                  THEN ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END,
             (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_segment_size'),
             CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_lsn() - '0/0'::pg_lsn END,
             coalesce(current_setting('summarize_wal', true), 'off') = 'on',
             (SELECT count(*) FROM pg_tablespace
               WHERE spcname NOT IN ('pg_default', 'pg_global')),
             clock_timestamp(),
             pg_is_in_recovery()
      """;

  private static final String ARCHIVING =
      """
      SELECT current_setting('archive_mode'),
             current_setting('archive_command') NOT IN ('', '(disabled)')
               OR coalesce(current_setting('archive_library', true), '') <> '',
             (SELECT setting::bigint FROM pg_settings WHERE name = 'archive_timeout'),
             last_archived_wal, last_archived_time, last_failed_wal, last_failed_time
        FROM pg_stat_archiver
      """;

  private static final String HOLDS_OBJECTS =
      """
      SELECT EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
           AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema')
      """;

  private static final String SWITCH_WAL = "SELECT pg_switch_wal() - '0/0'::pg_lsn";

  private static final String RESTORE_POINT = "SELECT pg_create_restore_point(?) - '0/0'::pg_lsn";

  /** Reserves from now on, and goes with its connection. */
  private static final String KEEP_WAL =
      "SELECT pg_create_physical_replication_slot(?, true, true)";

  private final DataSource source;

  private PostgresServerAccess(DataSource source) {
    this.source = source;
  }

  /** Returns the access to the server of a configuration. Connects when it is called. */
  public static PostgresServerAccess of(PostgresConfig config) {
    return new PostgresServerAccess(
        MigrationSource.of(config, ApplicationSources.NONE, LONGEST_STATEMENT));
  }

  @Override
  public Facts facts() {
    return ask(
        "ask the server what it is",
        FACTS,
        row -> {
          if (row.getBoolean(10)) {
            throw new NonTransientPersistenceException(
                DataError.MISCONFIGURED,
                "the server is a standby, and backups are made of the primary; give its address");
          }
          return new Facts(
              row.getString(1),
              row.getInt(2),
              row.getString(3),
              row.getInt(4),
              row.getLong(5),
              row.getLong(6),
              row.getBoolean(7),
              row.getInt(8),
              row.getObject(9, OffsetDateTime.class).toInstant());
        });
  }

  @Override
  public Archiving archiving() {
    return ask(
        "ask the server how it archives its WAL",
        ARCHIVING,
        row ->
            new Archiving(
                row.getString(1),
                row.getBoolean(2),
                Duration.ofSeconds(row.getLong(3)),
                Optional.ofNullable(row.getString(4)),
                instant(row, 5),
                Optional.ofNullable(row.getString(6)),
                instant(row, 7)));
  }

  private static Optional<Instant> instant(ResultSet row, int column) throws SQLException {
    return Optional.ofNullable(row.getObject(column, OffsetDateTime.class))
        .map(OffsetDateTime::toInstant);
  }

  @Override
  public boolean holdsObjects() {
    return ask("look whether the database is empty", HOLDS_OBJECTS, row -> row.getBoolean(1));
  }

  @Override
  public long switchWal() {
    return ask("end a segment of the WAL", SWITCH_WAL, row -> row.getLong(1));
  }

  @Override
  public long restorePoint(String name) {
    return ask("make the restore point " + name, RESTORE_POINT, row -> row.getLong(1), name);
  }

  @Override
  public Held keepWal() {
    String name =
        "persistence_backup_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    String what = "keep the WAL for a backup";
    Connection connection = connect(what);
    try {
      HeldConnection.unlimited(connection);
      String unused = first(connection, KEEP_WAL, row -> row.getString(1), name);
      return new HeldConnection(connection);
    } catch (SQLException e) {
      throw HeldConnection.failed(connection, what, e);
    }
  }

  @Override
  public Snapshot snapshot() {
    String what = "hold a snapshot for a dump";
    Connection connection = connect(what);
    try {
      return DumpSnapshot.of(connection);
    } catch (SQLException e) {
      throw HeldConnection.failed(connection, what, e);
    }
  }

  private Connection connect(String what) {
    try {
      return source.getConnection();
    } catch (SQLException e) {
      throw PostgresFailures.of(what, e);
    }
  }

  /** Reads the only row of an answer. */
  @FunctionalInterface
  private interface Reading<T> {

    T of(ResultSet row) throws SQLException;
  }

  private <T> T ask(String what, String sql, Reading<T> reading, String... parameters) {
    try (Connection connection = source.getConnection()) {
      return first(connection, sql, reading, parameters);
    } catch (SQLException e) {
      throw PostgresFailures.of(what, e);
    }
  }

  private static <T> T first(
      Connection connection, String sql, Reading<T> reading, String... parameters)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return reading.of(row);
      }
    }
  }
}
