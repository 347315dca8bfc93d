package io.mistersmith.persistence.migration.internal.verify;

import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts a made-up row or two into every table that has none, as far as one can be made up: values by
 * type, keys of rows that others point at, and for what a CHECK asks, the values that it names.
 *
 * <p>A table whose first try is refused is tried with other values, and again when others have
 * rows. It is remembered by its object identifier, so that a recreated table is filled again.
 */
final class SampleRows {
  private static final String TABLES =
      """
      SELECT c.oid::bigint, format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
         AND n.nspname NOT IN ('pg_catalog', 'information_schema')
         AND format('%I.%I', n.nspname, c.relname) NOT IN (
               'migrations.applied_migrations', 'migrations.locks',
               'migrations.validation_results')
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                            AND d.objid = c.oid AND d.deptype = 'e')
       ORDER BY c.oid
      """;

  private final Set<Long> filled = new HashSet<>();
  private final Map<Long, String> failures = new LinkedHashMap<>();

  /** How many of the tables that are there have rows. */
  int filled() {
    return filled.size();
  }

  /** The tables without rows, each with the reason. */
  List<String> failures() {
    return List.copyOf(failures.values());
  }

  /** Fills what is empty. */
  void fill(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try {
      Map<Long, String> tables = tables(connection);
      filled.retainAll(tables.keySet());
      failures.clear();
      int before;
      do {
        before = filled.size();
        for (Map.Entry<Long, String> table : tables.entrySet()) {
          if (!filled.contains(table.getKey())) {
            fill(connection, table.getKey(), table.getValue());
          }
        }
      } while (filled.size() > before && filled.size() < tables.size());
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static Map<Long, String> tables(Connection connection) throws SQLException {
    Map<Long, String> tables = new LinkedHashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(TABLES)) {
      while (rows.next()) {
        tables.put(rows.getLong(1), rows.getString(2));
      }
    }
    return tables;
  }

  private void fill(Connection connection, long oid, String table) throws SQLException {
    List<String> refusals = new ArrayList<>();
    if (hasRow(connection, table)) {
      filled.add(oid);
      return;
    }
    SampleTable sample = SampleTable.read(connection, oid, table);
    Optional<String> insert = sample.first();
    while (insert.isPresent()) {
      Optional<SQLException> refusal = tryInsert(connection, insert.get());
      if (refusal.isEmpty()) {
        // A second one where keys are made up too: others may want to point at two.
        tryInsert(connection, insert.get());
        filled.add(oid);
        failures.remove(oid);
        return;
      }
      refusals.add(SqlStates.describe(refusal.get()));
      insert = sample.next(refusal.get());
    }
    failures.put(oid, table + ": " + (refusals.isEmpty() ? "" : refusals.get(0)));
  }

  private static boolean hasRow(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT EXISTS (SELECT FROM " + table + ")")) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static Optional<SQLException> tryInsert(Connection connection, String insert)
      throws SQLException {
    Savepoint savepoint = connection.setSavepoint();
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(insert);
      statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
      connection.releaseSavepoint(savepoint);
      return Optional.empty();
    } catch (SQLException e) {
      connection.rollback(savepoint);
      return Optional.of(e);
    }
  }
}
