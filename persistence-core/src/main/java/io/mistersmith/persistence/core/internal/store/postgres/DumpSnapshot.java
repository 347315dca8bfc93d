package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.core.internal.base.PostgresCluster.Snapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A snapshot that lasts as long as its transaction. Used by one thread. */
final class DumpSnapshot implements Snapshot {

  private static final String EXPORT = "SELECT pg_export_snapshot()";

  /** Ordinary tables and partitions of users; a partitioned table has no rows of its own. */
  private static final String TABLES =
      """
      SELECT n.nspname || '.' || c.relname, format('%I.%I', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND c.relpersistence = 'p'
         AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
       ORDER BY 1
      """;

  /** So that the same values have the same text on another server, too. */
  private static final String TEXT_FORMS =
      """
      SET LOCAL TimeZone = 'UTC';
      SET LOCAL DateStyle = 'ISO, YMD';
      SET LOCAL IntervalStyle = 'postgres';
      SET LOCAL bytea_output = 'hex';
      SET LOCAL extra_float_digits = 1;
      SET LOCAL search_path = 'pg_catalog'
      """;

  /** {@code t.*} is the whole row, also where the table has a column t. */
  private static final String CONTENTS =
      """
      SELECT count(*), coalesce(sum(hashtextextended((t.*)::text COLLATE "C", 0)), 0)::text
        FROM ONLY %s AS t
      """;

  private final Connection connection;
  private final String name;

  private DumpSnapshot(Connection connection, String name) {
    this.connection = connection;
    this.name = name;
  }

  /** Takes a snapshot on a connection, which it closes. */
  static DumpSnapshot of(Connection connection) throws SQLException {
    HeldConnection.unlimited(connection);
    connection.setReadOnly(true);
    connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(EXPORT)) {
      row.next();
      return new DumpSnapshot(connection, row.getString(1));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public SortedMap<String, TableContents> tables() {
    SortedMap<String, TableContents> contents = new TreeMap<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute(TEXT_FORMS);
      for (Map.Entry<String, String> table : names(statement).entrySet()) {
        try (ResultSet row = statement.executeQuery(CONTENTS.formatted(table.getValue()))) {
          row.next();
          contents.put(table.getKey(), new TableContents(row.getLong(1), row.getString(2)));
        }
      }
      return contents;
    } catch (SQLException e) {
      throw PostgresFailures.of("read the contents of all tables for a backup", e);
    }
  }

  private static Map<String, String> names(Statement statement) throws SQLException {
    Map<String, String> names = new LinkedHashMap<>();
    try (ResultSet rows = statement.executeQuery(TABLES)) {
      while (rows.next()) {
        names.put(rows.getString(1), rows.getString(2));
      }
    }
    return names;
  }

  @Override
  public void close() {
    new HeldConnection(connection).close();
  }
}
