package io.mistersmith.persistence.migration.internal.existing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** Reads what is in a database, by the names that {@link ScriptObjects} uses. */
final class ExistingObjects {
  private static final String EXISTING =
      """
      WITH s AS (SELECT n.oid, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (?)),
           c AS (SELECT c.oid, c.relkind, s.nspname || '.' || c.relname AS name
                   FROM s JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid)
      SELECT c.name FROM c
      UNION
      SELECT s.nspname || '.' || t.typname
        FROM s JOIN pg_catalog.pg_type t ON t.typnamespace = s.oid
       WHERE t.typtype IN ('d', 'e', 'r')
      UNION
      SELECT s.nspname || '.' || p.proname
        FROM s JOIN pg_catalog.pg_proc p ON p.pronamespace = s.oid
      UNION
      SELECT c.name || '.' || a.attname
        FROM c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
       WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      UNION
      SELECT c.name || '.' || o.conname
        FROM c JOIN pg_catalog.pg_constraint o ON o.conrelid = c.oid
      UNION
      SELECT c.name || '.' || t.tgname
        FROM c JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid
       WHERE NOT t.tgisinternal
      """;

  private static final String CURRENT_DATABASE = "SELECT pg_catalog.current_database()";

  private ExistingObjects() {}

  /** The objects in some schemas. */
  static Set<String> in(Connection connection, Collection<String> schemas) throws SQLException {
    Set<String> names = new TreeSet<>();
    try (PreparedStatement statement = connection.prepareStatement(EXISTING)) {
      statement.setArray(1, connection.createArrayOf("text", schemas.toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          names.add(rows.getString(1));
        }
      }
    }
    return names;
  }

  /** The name of the database. */
  static String database(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(CURRENT_DATABASE)) {
      row.next();
      return row.getString(1);
    }
  }
}
