package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.ValidationResults;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Runs the queries of a script's header, in the open transaction of a connection. None can change
 * anything. A query that returns a row fails the script; one that returns none is kept as passed.
 */
final class Verification {
  private static final String READ_ONLY = "SET LOCAL transaction_read_only = on";

  private static final int LONGEST_NAME = 255;
  private static final int LONGEST_ROW = 300;

  private Verification() {}

  /** When a query runs. */
  enum Moment {
    /** Before the script's statements. */
    BEFORE("verify-before", ValidationResults.Type.PRE),
    /** After them. */
    AFTER("verify-after", ValidationResults.Type.POST);

    private final String key;
    private final ValidationResults.Type type;

    Moment(String key, ValidationResults.Type type) {
      this.key = key;
      this.type = type;
    }

    List<String> queries(ScriptTask task) {
      return this == BEFORE ? task.verifyBefore() : task.verifyAfter();
    }
  }

  /**
   * Runs the queries of a moment.
   *
   * @throws FailedVerification when one returns a row
   */
  static void run(Connection connection, ScriptTask task, Moment moment) throws SQLException {
    int number = 1;
    for (String query : moment.queries(task)) {
      String name = cut("%s %d: %s".formatted(moment.key, number++, query), LONGEST_NAME);
      long start = System.nanoTime();
      Optional<String> row = firstRow(connection, moment, query);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      if (row.isPresent()) {
        throw new FailedVerification(
            task.id(),
            name,
            moment.type,
            took,
            "%s returned a row, %s, and must return none: %s"
                .formatted(moment.key, row.get(), query));
      }
      ValidationResults.record(connection, task.id(), name, moment.type, true, "", took);
    }
  }

  private static Optional<String> firstRow(Connection connection, Moment moment, String query)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    Optional<String> found;
    try (Statement statement = connection.createStatement()) {
      statement.execute(READ_ONLY);
      statement.setEscapeProcessing(false);
      statement.setMaxRows(1);
      try (ResultSet row = statement.executeQuery(query)) {
        found = row.next() ? Optional.of(text(row)) : Optional.empty();
      }
    } catch (SQLException e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
      throw new SQLException(
          "%s, query %s: %s".formatted(moment.key, query, message), e.getSQLState(), e);
    }
    // The transaction may write again.
    connection.rollback(before);
    connection.releaseSavepoint(before);
    return found;
  }

  private static String text(ResultSet row) throws SQLException {
    StringBuilder text = new StringBuilder("(");
    int columns = row.getMetaData().getColumnCount();
    for (int i = 1; i <= columns; i++) {
      text.append(i == 1 ? "" : ", ")
          .append(row.getMetaData().getColumnLabel(i))
          .append(" = ")
          .append(row.getString(i));
    }
    return cut(text.toString().replaceAll("\\s+", " "), LONGEST_ROW) + ")";
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest - 1) + "…";
  }
}
