package io.mistersmith.persistence.migration.online;

import io.mistersmith.persistence.migration.model.MigrationException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * What the statistics of a database say about its indexes and statements. Reads only. Needs the set
 * {@code monitoring} of the migrations, and {@link #slowest} the set {@code statements}.
 * Thread-safe.
 */
public final class DatabaseAdvice {
  private static final String INDEXES =
      """
      SELECT format('%I.%I', schema_name, index_name), format('%I.%I', schema_name, table_name),
             trouble, index_bytes, reason, statement
        FROM monitoring.index_findings()
      """;

  private static final String SLOWEST =
      """
      SELECT query_hash, query_text, calls, mean_exec_time_ms, total_exec_time_ms, plan_json
        FROM monitoring.slowest_statements(?)
      """;

  private final DataSource dataSource;

  public DatabaseAdvice(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Returns indexes that cost more than they help, the largest first.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public List<IndexFinding> indexes() {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(INDEXES);
        ResultSet row = statement.executeQuery()) {
      List<IndexFinding> findings = new ArrayList<>();
      while (row.next()) {
        findings.add(
            new IndexFinding(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getLong(4),
                row.getString(5),
                row.getString(6)));
      }
      return findings;
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The indexes could not be looked at", e);
    }
  }

  /**
   * Returns the statements that take longest on average, the slowest first.
   *
   * @throws MigrationException when the statistics of statements cannot be read
   */
  public List<SlowStatement> slowest(int most) {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement(SLOWEST)) {
      statement.setInt(1, most);
      try (ResultSet row = statement.executeQuery()) {
        List<SlowStatement> slowest = new ArrayList<>();
        while (row.next()) {
          slowest.add(
              new SlowStatement(
                  row.getString(1),
                  row.getString(2),
                  row.getLong(3),
                  row.getDouble(4),
                  row.getDouble(5),
                  Optional.ofNullable(row.getString(6))));
        }
        return slowest;
      }
    } catch (SQLException e) {
      throw OnlineFailure.ofIndex("The slow statements could not be listed", e);
    }
  }

  /**
   * An index to look at.
   *
   * @param index its qualified name
   * @param table its table's qualified name
   * @param trouble {@code invalid}, {@code duplicate}, {@code unused} or {@code bloated}
   * @param bytes its size
   * @param reason what was found
   * @param statement the statement that helps
   */
  public record IndexFinding(
      String index, String table, String trouble, long bytes, String reason, String statement) {}

  /**
   * A statement that takes long.
   *
   * @param hash its identity in pg_stat_statements
   * @param text its text, with placeholders for values
   * @param calls how often it ran
   * @param meanMillis how long it took on average
   * @param totalMillis how long all its runs took
   * @param plan the plan that was captured last, as JSON, or the reason why there is none
   */
  public record SlowStatement(
      String hash,
      String text,
      long calls,
      double meanMillis,
      double totalMillis,
      Optional<String> plan) {}
}
