package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.PostgresConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;

/** Reads which scripts are applied to a database. */
public final class AppliedScripts {

  private static final Duration LONGEST_STATEMENT = Duration.ofSeconds(30);

  private static final String PRESENT =
      "SELECT to_regclass('migrations.applied_migrations') IS NOT NULL";

  private static final String NEWEST =
      """
      SELECT DISTINCT ON (script_set) script_set, version
        FROM migrations.applied_migrations
       WHERE status = 'applied' AND version ~ '^[0-9]+([.][0-9]+)*$'
       ORDER BY script_set, string_to_array(version, '.')::int[] DESC
      """;

  private AppliedScripts() {}

  /**
   * Returns for each set {@code scripts.<set>} and its newest version; nothing where other tools
   * applied them.
   */
  public static SortedMap<String, String> of(PostgresConfig config) {
    DataSource source = MigrationSource.of(config, ApplicationSources.NONE, LONGEST_STATEMENT);
    try (Connection connection = source.getConnection()) {
      return isPresent(connection) ? newest(connection) : Collections.emptySortedMap();
    } catch (SQLException e) {
      throw PostgresFailures.of("read which scripts are applied", e);
    }
  }

  private static boolean isPresent(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PRESENT);
        ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static SortedMap<String, String> newest(Connection connection) throws SQLException {
    SortedMap<String, String> versions = new TreeMap<>();
    try (PreparedStatement statement = connection.prepareStatement(NEWEST);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        versions.put("scripts." + row.getString(1), row.getString(2));
      }
    }
    return versions;
  }
}
