package io.mistersmith.persistence.migration.online;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads tables and their indexes from the catalogs. */
final class IndexCatalog {
  private static final String TABLE =
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ? AND c.relname = ?
      """;

  private static final String COLUMNS =
      """
      SELECT a.attname FROM pg_catalog.pg_attribute a
       WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped
      """;

  private static final String INDEX =
      """
      SELECT c.oid,
             coalesce(
               i.indrelid = ? AND m.amname = ? AND i.indpred IS NULL AND NOT i.indisunique
               AND i.indnatts = i.indnkeyatts
               AND (SELECT array_agg(a.attname::text ORDER BY k.position)
                      FROM unnest(i.indkey) WITH ORDINALITY AS k (number, position)
                      LEFT JOIN pg_catalog.pg_attribute a
                        ON a.attrelid = i.indrelid AND a.attnum = k.number) = ?::text[],
               FALSE),
             coalesce(i.indisvalid, FALSE),
             EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p
                      WHERE p.index_relid = c.oid)
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
        LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
       WHERE n.nspname = ? AND c.relname = ?
      """;

  /** A partition, and an index of it that is suitable, whichever session built it. */
  private static final String PARTITIONS_WITHOUT =
      """
      SELECT c.oid, n.nspname, c.relname, c.relkind,
             (SELECT x.relname
                FROM pg_catalog.pg_index e
                JOIN pg_catalog.pg_class x ON x.oid = e.indexrelid
               WHERE e.indrelid = c.oid AND e.indisvalid AND NOT x.relispartition
                 AND NOT e.indisunique
                 AND substring(pg_catalog.pg_get_indexdef(e.indexrelid) FROM ' USING (.*)$')
                   = substring(pg_catalog.pg_get_indexdef(p.indexrelid) FROM ' USING (.*)$')
               ORDER BY x.oid LIMIT 1)
        FROM pg_catalog.pg_index p
        JOIN pg_catalog.pg_inherits h ON h.inhparent = p.indrelid
        JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE p.indexrelid = ?
         AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_index i
             JOIN pg_catalog.pg_inherits a ON a.inhrelid = i.indexrelid
            WHERE i.indrelid = c.oid AND a.inhparent = p.indexrelid)
       ORDER BY c.oid
      """;

  /**
   * An index, or something else, that bears the name.
   *
   * @param oid its object id
   * @param asDefined whether it is on the table and like the definition
   * @param valid whether it can be used: a partitioned one when all partitions' are attached
   * @param inProgress whether somebody builds it right now
   */
  record Found(long oid, boolean asDefined, boolean valid, boolean inProgress) {}

  /**
   * A partition that lacks its part of an index.
   *
   * @param table the partition
   * @param equivalent the name of an index that would do
   */
  record Lacking(TableRef table, Optional<String> equivalent) {}

  private final Connection connection;

  IndexCatalog(Connection connection) {
    this.connection = connection;
  }

  Optional<TableRef> table(String schema, String name) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(TABLE)) {
      statement.setString(1, schema);
      statement.setString(2, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(table(row)) : Optional.empty();
      }
    }
  }

  private static TableRef table(ResultSet row) throws SQLException {
    return new TableRef(
        row.getLong(1), row.getString(2), row.getString(3), row.getString(4).charAt(0));
  }

  List<String> columns(TableRef table) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setLong(1, table.oid());
      try (ResultSet rows = statement.executeQuery()) {
        List<String> names = new ArrayList<>();
        while (rows.next()) {
          names.add(rows.getString(1));
        }
        return names;
      }
    }
  }

  Optional<Found> index(TableRef table, IndexDefinition definition) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(INDEX)) {
      statement.setLong(1, table.oid());
      statement.setString(2, definition.accessMethod());
      statement.setArray(3, connection.createArrayOf("text", definition.columns().toArray()));
      statement.setString(4, definition.schema());
      statement.setString(5, definition.name());
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Found(row.getLong(1), row.getBoolean(2), row.getBoolean(3), row.getBoolean(4)))
            : Optional.empty();
      }
    }
  }

  List<Lacking> partitionsWithout(long partitionedIndex) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PARTITIONS_WITHOUT)) {
      statement.setLong(1, partitionedIndex);
      try (ResultSet rows = statement.executeQuery()) {
        List<Lacking> partitions = new ArrayList<>();
        while (rows.next()) {
          partitions.add(new Lacking(table(rows), Optional.ofNullable(rows.getString(5))));
        }
        return partitions;
      }
    }
  }
}
