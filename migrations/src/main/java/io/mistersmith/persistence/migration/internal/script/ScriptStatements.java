package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException;
import io.mistersmith.persistence.migration.internal.sql.SqlStatement;
import io.mistersmith.persistence.migration.internal.sql.StatementSplitter;
import io.mistersmith.persistence.migration.internal.sql.Token;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The statements of a script, run one by one, so that a failure names its line.
 *
 * @param statements in their order
 */
public record ScriptStatements(List<SqlStatement> statements) {
  private static final Set<String> TRANSACTION_CONTROL =
      Set.of("begin", "start", "commit", "end", "rollback", "abort");

  public ScriptStatements {
    statements = List.copyOf(statements);
  }

  private static final Set<String> DEFINITIONS =
      Set.of("create", "alter", "drop", "comment", "grant", "revoke");

  /** Their definitions run code, or apply to sessions that begin later. */
  private static final Set<String> NOT_OF_A_SCHEMA =
      Set.of(
          "extension",
          "database",
          "role",
          "user",
          "system",
          "temp",
          "temporary",
          "local",
          "materialized");

  /**
   * Splits a script.
   *
   * @throws MigrationException when it cannot be read, or ends the transaction that it runs in
   */
  public static ScriptStatements of(String script, String sql) {
    try {
      List<SqlStatement> statements = StatementSplitter.split(script, sql);
      for (SqlStatement statement : statements) {
        String first = statement.tokens().get(0).text();
        if (TRANSACTION_CONTROL.contains(first)) {
          throw new MigrationException(
              Kind.INVALID_SCRIPT,
              "Script %s, line %d: %s is the runner's business; remove it, or declare the script"
                      .formatted(script, statement.line(), first.toUpperCase(Locale.ROOT))
                  + " '-- transactional: no'");
        }
      }
      return new ScriptStatements(statements);
    } catch (ScriptSyntaxException e) {
      throw new MigrationException(Kind.INVALID_SCRIPT, "Script " + e.getMessage(), e);
    }
  }

  public int count() {
    return statements.size();
  }

  public SqlStatement get(int index) {
    return statements.get(index);
  }

  /**
   * Whether the session is after the script as it was before: all statements define what is in a
   * schema. A setting, a call or a change of rows may leave something behind.
   */
  public boolean areDefinitions() {
    return statements.stream().allMatch(ScriptStatements::isDefinition);
  }

  private static boolean isDefinition(SqlStatement statement) {
    List<Token> tokens = statement.tokens();
    return DEFINITIONS.contains(tokens.get(0).text())
        && tokens.stream()
            .skip(1)
            .limit(3)
            .noneMatch(token -> NOT_OF_A_SCHEMA.contains(token.text()))
        && !isFilledByAQuery(tokens);
  }

  /** CREATE TABLE … AS runs its query; the AS of a generated column comes after ALWAYS. */
  private static boolean isFilledByAQuery(List<Token> tokens) {
    return tokens.size() > 1
        && tokens.get(1).is("table")
        && IntStream.range(2, tokens.size())
            .anyMatch(i -> tokens.get(i).is("as") && !tokens.get(i - 1).is("always"));
  }

  /** Whether PostgreSQL builds, drops or detaches without keeping writers out, in its own time. */
  public boolean isConcurrent(int index) {
    return statements.get(index).tokens().stream().limit(12).anyMatch(t -> t.is("concurrently"));
  }

  /** Runs them all. */
  public void runAll(Connection connection) throws SQLException {
    for (int i = 0; i < statements.size(); i++) {
      run(connection, i);
    }
  }

  /** Runs one; the exception's message says which it was. */
  public void run(Connection connection, int index) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(statements.get(index).sql());
    } catch (SQLException e) {
      throw new SQLException(
          "statement %d of %d, line %d: %s"
              .formatted(index + 1, statements.size(), statements.get(index).line(), firstLine(e)),
          e.getSQLState(),
          e);
    }
  }

  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
  }
}
