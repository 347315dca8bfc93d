package io.mistersmith.persistence.migration.internal.existing;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A history table of Flyway that lists scripts of this library.
 *
 * @param table its qualified name
 * @param scripts the file names of the scripts that it lists as applied
 */
record FlywayHistory(String table, Set<String> scripts) {
  /** Tables with Flyway's columns, whatever their name: it can be configured. */
  private static final String TABLES =
      """
      SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
         AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
         AND (SELECT pg_catalog.count(*) FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = c.oid AND NOT a.attisdropped
                 AND a.attname IN ('installed_rank', 'version', 'script', 'success')) = 4
       ORDER BY 1
      """;

  private static final String SCRIPTS = "SELECT script FROM %s WHERE success";

  /** The history that lists one of these files; empty where none does. */
  static Optional<FlywayHistory> find(Connection connection, Collection<String> files)
      throws SQLException {
    for (String table : column(connection, TABLES)) {
      Set<String> applied = new HashSet<>();
      for (String script : column(connection, SCRIPTS.formatted(table))) {
        applied.add(script.substring(script.lastIndexOf('/') + 1));
      }
      applied.retainAll(files);
      if (!applied.isEmpty()) {
        return Optional.of(new FlywayHistory(table, applied));
      }
    }
    return Optional.empty();
  }

  private static List<String> column(Connection connection, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
    }
    return values;
  }
}
