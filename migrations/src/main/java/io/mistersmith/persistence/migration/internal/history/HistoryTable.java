package io.mistersmith.persistence.migration.internal.history;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The table migrations.applied_migrations: one row a version, from the first attempt on. */
public final class HistoryTable {
  private static final String UNDEFINED_COLUMN = "42703";

  private static final String READ =
      """
      SELECT script_set, version, name, status, sql_hash, depends_on_version, rollback_sql,
             applied_at, execution_time_ms, error_message
        FROM migrations.applied_migrations
      """;

  private static final String START =
      """
      INSERT INTO migrations.applied_migrations AS h
             (script_set, version, name, description, migration_type, sql_hash,
              depends_on_version, rollback_sql, is_rollbackable, status, database_version,
              application_version, environment)
      VALUES (?, ?, ?, nullif(?, ''), ?, ?, nullif(?, ''), ?, ?, 'running',
              left(current_setting('server_version'), 50), nullif(?, ''), nullif(?, ''))
      ON CONFLICT (script_set, version) DO UPDATE
         SET name = excluded.name, description = excluded.description,
             migration_type = excluded.migration_type, sql_hash = excluded.sql_hash,
             statements_done =
               CASE WHEN h.sql_hash = excluded.sql_hash AND h.status IN ('running', 'failed')
                    THEN h.statements_done ELSE 0 END,
             depends_on_version = excluded.depends_on_version,
             rollback_sql = excluded.rollback_sql, is_rollbackable = excluded.is_rollbackable,
             status = excluded.status, rolled_back_at = NULL, started_at = clock_timestamp(), applied_at = NULL,
             applied_by = CURRENT_USER, error_message = NULL,
             database_version = excluded.database_version,
             application_version = excluded.application_version,
             environment = excluded.environment
       WHERE h.status <> 'applied'
      """;

  private static final String LOCK_ROW =
      """
      SELECT status FROM migrations.applied_migrations
       WHERE script_set = ? AND version = ?
         FOR UPDATE
      """;

  private static final String FINISH =
      """
      UPDATE migrations.applied_migrations
         SET status = 'applied', applied_at = clock_timestamp(), execution_time_ms = ?
       WHERE script_set = ? AND version = ?
      """;

  private static final String FAIL =
      """
      UPDATE migrations.applied_migrations
         SET status = CASE status WHEN 'running' THEN 'failed' ELSE status END, error_message = ?
       WHERE script_set = ? AND version = ? AND status IN ('running', 'applied', 'rolling_back')
      """;

  private static final String STATEMENTS_DONE =
      """
      SELECT statements_done FROM migrations.applied_migrations
       WHERE script_set = ? AND version = ?
      """;

  private static final String NOTE_STATEMENTS =
      """
      UPDATE migrations.applied_migrations
         SET statements_done = ?
       WHERE script_set = ? AND version = ?
      """;

  private static final String START_ROLLBACK =
      """
      UPDATE migrations.applied_migrations
         SET status = 'rolling_back', statements_done = 0
       WHERE script_set = ? AND version = ? AND status IN ('applied', 'failed')
      """;

  private static final String FINISH_ROLLBACK =
      """
      UPDATE migrations.applied_migrations
         SET status = 'rolled_back', rolled_back_at = clock_timestamp(), error_message = NULL,
             statements_done = 0
       WHERE script_set = ? AND version = ?
      """;

  private static final String MARK_LEFT_OVERS =
      """
      UPDATE migrations.applied_migrations
         SET status = 'failed', error_message = 'left behind by a migrator that died'
       WHERE script_set = ? AND version = ? AND status = 'running'
      """;

  private static final String SET_CHECKSUM =
      """
      UPDATE migrations.applied_migrations
         SET sql_hash = ?
       WHERE script_set = ? AND version = ?
      """;

  private final RunnerSettings settings;

  public HistoryTable(RunnerSettings settings) {
    this.settings = settings;
  }

  /** All rows; none where the table is missing. */
  public List<HistoryEntry> read(Connection connection) throws SQLException {
    List<HistoryEntry> entries = new ArrayList<>();
    if (!MigrationTables.exist(connection)) {
      return entries;
    }
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(READ)) {
      while (rows.next()) {
        entries.add(entry(rows));
      }
    } catch (SQLException e) {
      if (UNDEFINED_COLUMN.equals(e.getSQLState())) {
        throw foreign(e);
      }
      throw e;
    }
    return entries;
  }

  private static MigrationException foreign(SQLException e) {
    return new MigrationException(
        Kind.HISTORY_MISMATCH,
        "Table migrations.applied_migrations is not this library's history: "
            + SqlStates.describe(e)
            + ". The schema migrations seems to belong to another application. Rename that schema,"
            + " or give the agents a database of their own",
        e);
  }

  private static HistoryEntry entry(ResultSet row) throws SQLException {
    try {
      String set = row.getString(1);
      return new HistoryEntry(
          new ScriptId(set, MigrationVersion.parse(row.getString(2))),
          row.getString(3),
          status(row.getString(4)),
          row.getString(5),
          ids(row.getString(6), set),
          Optional.ofNullable(row.getString(7)),
          Optional.ofNullable(row.getObject(8, OffsetDateTime.class))
              .map(OffsetDateTime::toInstant),
          Optional.ofNullable(row.getObject(9, Long.class)).map(Duration::ofMillis),
          Optional.ofNullable(row.getString(10)));
    } catch (IllegalArgumentException e) {
      throw new MigrationException(
          Kind.HISTORY_MISMATCH, "migrations.applied_migrations: " + e.getMessage(), e);
    }
  }

  private static List<ScriptId> ids(@Nullable String text, String set) {
    return text == null
        ? List.of()
        : Arrays.stream(text.split(",", -1)).map(part -> ScriptId.parse(part, set)).toList();
  }

  /** Notes that an attempt begins, unless the version is applied. */
  public void start(Connection connection, Migration migration) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(START)) {
      setId(statement, 1, migration.id());
      statement.setString(3, migration.name());
      statement.setString(4, migration.description());
      statement.setString(5, migration.kind().toString());
      statement.setString(6, migration.checksum());
      statement.setString(
          7,
          migration.dependsOn().stream()
              .map(id -> id.relativeTo(migration.set()))
              .collect(Collectors.joining(", ")));
      statement.setString(8, migration.rollbackSql().orElse(null));
      statement.setBoolean(9, migration.rollbackSql().isPresent());
      statement.setString(10, settings.applicationVersion());
      statement.setString(11, settings.environment());
      statement.executeUpdate();
    }
  }

  private static void setId(PreparedStatement statement, int index, ScriptId id)
      throws SQLException {
    statement.setString(index, id.set());
    statement.setString(index + 1, id.version().toString());
  }

  /**
   * Locks the version's row until the transaction ends and tells its status. This, not the advisory
   * lock, is what makes it certain that no version is applied twice: a session's lock is gone with
   * its connection while the script still runs on the other one.
   */
  public Status lock(Connection connection, ScriptId id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOCK_ROW)) {
      setId(statement, 1, id);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new MigrationException(
              Kind.HISTORY_MISMATCH,
              "Version "
                  + id
                  + ": its row in migrations.applied_migrations was deleted while it ran; leave the"
                  + " history alone and apply again");
        }
        return status(row.getString(1));
      }
    }
  }

  /** Notes that the script is done; commits with it. */
  public void finish(Connection connection, ScriptId id, Duration duration) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FINISH)) {
      statement.setLong(1, duration.toMillis());
      setId(statement, 2, id);
      statement.executeUpdate();
    }
  }

  /** Notes why a script failed, forward or back. */
  public void fail(Connection connection, ScriptId id, String message) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FAIL)) {
      statement.setString(1, message);
      setId(statement, 2, id);
      statement.executeUpdate();
    }
  }

  /** How many statements of a script that is no transaction are done. */
  public int statementsDone(Connection connection, ScriptId id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(STATEMENTS_DONE)) {
      setId(statement, 1, id);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }

  /** Notes how many statements are done. */
  public void noteStatements(Connection connection, ScriptId id, int done) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(NOTE_STATEMENTS)) {
      statement.setInt(1, done);
      setId(statement, 2, id);
      statement.executeUpdate();
    }
  }

  /** Notes that a version is being taken back by a script that is no transaction. */
  public void startRollback(Connection connection, ScriptId id) throws SQLException {
    update(connection, START_ROLLBACK, id);
  }

  /** Notes that a version is taken back; the row stays. */
  public void finishRollback(Connection connection, ScriptId id) throws SQLException {
    update(connection, FINISH_ROLLBACK, id);
  }

  /** Notes that nobody works any more on a version that says it runs. */
  public void markLeftOver(Connection connection, ScriptId id) throws SQLException {
    update(connection, MARK_LEFT_OVERS, id);
  }

  /** Takes a script that was changed for the one that was applied. */
  public void setChecksum(Connection connection, ScriptId id, String checksum) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SET_CHECKSUM)) {
      statement.setString(1, checksum);
      setId(statement, 2, id);
      statement.executeUpdate();
    }
  }

  private static void update(Connection connection, String sql, ScriptId id) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      setId(statement, 1, id);
      statement.executeUpdate();
    }
  }

  private static Status status(String text) {
    return Status.valueOf(text.toUpperCase(Locale.ROOT));
  }
}
