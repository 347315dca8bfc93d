package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.sql.SqlStatement;
import io.mistersmith.persistence.migration.internal.sql.Token;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/**
 * An index that a statement builds without keeping writers out. Such a build that is cut off leaves
 * an invalid index, which costs every write, serves no read, and makes IF NOT EXISTS skip the next
 * attempt.
 *
 * @param schema the schema of its table, in which it lives
 * @param name its name
 */
record ConcurrentBuild(String schema, String name) {
  // A partitioned table's index is invalid by rights until all of its partitions have theirs.
  private static final String FIND_INVALID =
      """
      SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relkind = 'i'
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ? AND c.relname = ? AND NOT i.indisvalid
      """;

  /** Returns the index that {@code CREATE INDEX CONCURRENTLY name ON schema.table} builds. */
  static Optional<ConcurrentBuild> of(SqlStatement statement) {
    Words words = new Words(statement.tokens());
    words.skip("create", "unique");
    if (words.skip("index") == 0 || words.skip("concurrently") == 0) {
      return Optional.empty();
    }
    words.skip("if", "not", "exists");
    if (words.at("on")) {
      return Optional.empty(); // PostgreSQL chooses the name, and never the same twice.
    }
    String name = words.next();
    words.skip("on", "only");
    String schema = words.next();
    return words.next().equals(".")
        ? Optional.of(new ConcurrentBuild(schema, name))
        : Optional.empty();
  }

  private static final class Words {
    private final List<Token> tokens;
    private int at;

    Words(List<Token> tokens) {
      this.tokens = tokens;
    }

    boolean at(String word) {
      return at < tokens.size() && tokens.get(at).is(word);
    }

    /** Passes over those of the words that come next, in their order. */
    int skip(String... words) {
      int before = at;
      for (String word : words) {
        at += at(word) ? 1 : 0;
      }
      return at - before;
    }

    String next() {
      return at < tokens.size() ? tokens.get(at++).name() : "";
    }
  }

  /**
   * Drops the index where it is invalid; outside of any transaction.
   *
   * @return its qualified name, where it was dropped
   */
  Optional<String> dropIfInvalid(Connection connection) throws SQLException {
    Optional<String> invalid = findInvalid(connection);
    if (invalid.isPresent()) {
      try (Statement statement = connection.createStatement()) {
        // An identifier cannot be a parameter; the server has quoted it.
        statement.execute("DROP INDEX CONCURRENTLY IF EXISTS " + invalid.get());
      }
    }
    return invalid;
  }

  private Optional<String> findInvalid(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIND_INVALID)) {
      statement.setString(1, schema);
      statement.setString(2, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
      }
    }
  }
}
