package io.mistersmith.persistence.migration.internal.history;

import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;

/** The table migrations.validation_results: what was checked, when, and how it came out. */
public final class ValidationResults {
  private static final String RECORD =
      """
      INSERT INTO migrations.validation_results
             (script_set, migration_version, test_name, test_type, status, error_message,
              execution_time_ms)
      VALUES (?, ?, ?, ?, ?, nullif(?, ''), ?)
      """;

  private ValidationResults() {}

  /** Which sort of check it was. */
  public enum Type {
    /** A check of pending versions. */
    PRE,
    /** A check of applied versions. */
    POST,
    /** A check of rollbacks. */
    ROLLBACK
  }

  /** Keeps a result. */
  public static void record(
      Connection connection,
      ScriptId id,
      String check,
      Type type,
      boolean passed,
      String message,
      Duration took)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RECORD)) {
      statement.setString(1, id.set());
      statement.setString(2, id.version().toString());
      statement.setString(3, check);
      statement.setString(4, type.name().toLowerCase(Locale.ROOT));
      statement.setString(5, passed ? "passed" : "failed");
      statement.setString(6, message);
      statement.setLong(7, took.toMillis());
      statement.executeUpdate();
    }
  }
}
