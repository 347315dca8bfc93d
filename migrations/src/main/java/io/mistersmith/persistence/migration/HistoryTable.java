package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.HistoryEntry.Status;
import io.mistersmith.persistence.migration.MigrationException.Kind;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The table migrations.applied_migrations: one row a version, from the first attempt on. It is not
 * made by a script, since it must be there before the first one runs.
 */
final class HistoryTable {

  private static final String FIND_SCHEMA = "SELECT to_regnamespace('migrations') IS NOT NULL";

  private static final String FIND_TABLE =
      "SELECT to_regclass('migrations.applied_migrations') IS NOT NULL";

  private static final String CREATE_SCHEMA = "CREATE SCHEMA migrations";

  private static final String CREATE_TABLE =
      """
      CREATE TABLE migrations.applied_migrations (
        migration_id UUID NOT NULL DEFAULT gen_random_uuid(),
        version VARCHAR(64) NOT NULL,
        name VARCHAR(255) NOT NULL,
        description TEXT,
        migration_type VARCHAR(50) NOT NULL DEFAULT 'schema',
        sql_hash VARCHAR(64) NOT NULL,
        depends_on_version VARCHAR(64),
        rollback_sql TEXT,
        is_rollbackable BOOLEAN NOT NULL DEFAULT FALSE,
        status VARCHAR(20) NOT NULL,
        started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
        applied_at TIMESTAMPTZ,
        applied_by VARCHAR(100) NOT NULL DEFAULT CURRENT_USER,
        execution_time_ms BIGINT,
        error_message TEXT,
        database_version VARCHAR(50),
        application_version VARCHAR(50),
        environment VARCHAR(50),
        CONSTRAINT applied_migrations_pkey PRIMARY KEY (migration_id),
        CONSTRAINT applied_migrations_version_key UNIQUE (version),
        CONSTRAINT valid_version CHECK (version ~ '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(-(0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*)(\\.(0|[1-9]\\d*|\\d*[A-Za-z-][0-9A-Za-z-]*))*)?$'),
        CONSTRAINT valid_migration_type
          CHECK (migration_type IN ('schema', 'data', 'index', 'partition', 'function')),
        CONSTRAINT valid_status CHECK (status IN ('running', 'failed', 'applied', 'rolled_back')),
        CONSTRAINT valid_applied_at CHECK (status <> 'applied' OR applied_at IS NOT NULL),
        CONSTRAINT valid_execution_time CHECK (execution_time_ms >= 0)
      )
      """;

  private static final String READ =
      "SELECT version, status, sql_hash FROM migrations.applied_migrations";

  private static final String START =
      """
      INSERT INTO migrations.applied_migrations AS h
             (version, name, sql_hash, depends_on_version, rollback_sql, is_rollbackable, status,
              database_version, application_version, environment)
      VALUES (?, ?, ?, ?, ?, ?, 'running', left(current_setting('server_version'), 50),
              nullif(?, ''), nullif(?, ''))
      ON CONFLICT (version) DO UPDATE
         SET name = excluded.name, sql_hash = excluded.sql_hash,
             depends_on_version = excluded.depends_on_version,
             rollback_sql = excluded.rollback_sql, is_rollbackable = excluded.is_rollbackable,
             status = excluded.status, started_at = clock_timestamp(), applied_at = NULL,
             applied_by = CURRENT_USER, execution_time_ms = NULL, error_message = NULL,
             database_version = excluded.database_version,
             application_version = excluded.application_version,
             environment = excluded.environment
       WHERE h.status <> 'applied'
      """;

  private static final String LOCK_ROW =
      "SELECT status FROM migrations.applied_migrations WHERE version = ? FOR UPDATE";

  private static final String FINISH =
      """
      UPDATE migrations.applied_migrations
         SET status = 'applied', applied_at = clock_timestamp(), execution_time_ms = ?
       WHERE version = ?
      """;

  private static final String FAIL =
      """
      UPDATE migrations.applied_migrations
         SET status = 'failed', error_message = ?
       WHERE version = ? AND status = 'running'
      """;

  private final RunnerSettings settings;

  HistoryTable(RunnerSettings settings) {
    this.settings = settings;
  }

  /** Makes the table and its schema where they are missing; only under the lock. */
  void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      if (!isTrue(statement, FIND_SCHEMA)) {
        statement.execute(CREATE_SCHEMA);
      }
      if (!isTrue(statement, FIND_TABLE)) {
        statement.execute(CREATE_TABLE);
      }
    }
  }

  /** All rows; none where the table is missing. */
  List<HistoryEntry> read(Connection connection) throws SQLException {
    List<HistoryEntry> entries = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      if (!isTrue(statement, FIND_TABLE)) {
        return entries;
      }
      try (ResultSet rows = statement.executeQuery(READ)) {
        while (rows.next()) {
          entries.add(
              new HistoryEntry(
                  version(rows.getString(1)), status(rows.getString(2)), rows.getString(3)));
        }
      }
    }
    return entries;
  }

  /** Notes that an attempt begins, unless the version is applied. */
  void start(Connection connection, Migration migration, Optional<MigrationVersion> after)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(START)) {
      statement.setString(1, migration.version().toString());
      statement.setString(2, migration.name());
      statement.setString(3, migration.checksum());
      statement.setString(4, after.map(MigrationVersion::toString).orElse(null));
      statement.setString(5, migration.rollbackSql().orElse(null));
      statement.setBoolean(6, migration.rollbackSql().isPresent());
      statement.setString(7, settings.applicationVersion());
      statement.setString(8, settings.environment());
      statement.executeUpdate();
    }
  }

  /**
   * Locks the version's row until the transaction ends and tells its status. This, not the advisory
   * lock, is what makes it certain that no version is applied twice: a session's lock is gone with
   * its connection while the script still runs on the other one.
   */
  Status lock(Connection connection, Migration migration) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOCK_ROW)) {
      statement.setString(1, migration.version().toString());
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new MigrationException(
              Kind.HISTORY_MISMATCH,
              "Script "
                  + migration
                  + ": its row in migrations.applied_migrations was deleted while it ran; leave the"
                  + " history alone and apply again");
        }
        return status(row.getString(1));
      }
    }
  }

  /** Notes that the script is done; commits with it. */
  void finish(Connection connection, Migration migration, Duration duration) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FINISH)) {
      statement.setLong(1, duration.toMillis());
      statement.setString(2, migration.version().toString());
      statement.executeUpdate();
    }
  }

  /**
   * Notes that the script failed.
   *
   * @return false when the version turns out to be applied
   */
  boolean fail(Connection connection, Migration migration, String message) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FAIL)) {
      statement.setString(1, message);
      statement.setString(2, migration.version().toString());
      statement.executeUpdate();
    }
    return lock(connection, migration) != Status.APPLIED;
  }

  private static boolean isTrue(Statement statement, String query) throws SQLException {
    try (ResultSet row = statement.executeQuery(query)) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static MigrationVersion version(String text) {
    try {
      return MigrationVersion.parse(text);
    } catch (IllegalArgumentException e) {
      throw new MigrationException(
          Kind.HISTORY_MISMATCH, "migrations.applied_migrations: " + e.getMessage(), e);
    }
  }

  private static Status status(String text) {
    return Status.valueOf(text.toUpperCase(Locale.ROOT));
  }
}
