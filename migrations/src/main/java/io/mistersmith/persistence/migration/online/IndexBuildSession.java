package io.mistersmith.persistence.migration.online;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection on which indexes are built, each statement a transaction of its own, since that is
 * how alone PostgreSQL builds concurrently. It resets its settings of the session.
 */
final class IndexBuildSession implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IndexBuildSession.class);

  private static final String CREATE =
      """
      SELECT pg_catalog.format(
               'CREATE INDEX %s%I ON %s%I.%I USING %I (%s)', ?, ?, ?, ?, ?, ?,
               (SELECT string_agg(quote_ident(c.name), ', ' ORDER BY c.position)
                  FROM unnest(?::text[]) WITH ORDINALITY AS c (name, position)))
      """;

  private static final String DROP =
      "SELECT pg_catalog.format('DROP INDEX CONCURRENTLY %I.%I', ?, ?)";

  private static final String NO_SUCH_INDEX = "42704";

  private static final String ATTACH =
      "SELECT pg_catalog.format('ALTER INDEX %I.%I ATTACH PARTITION %I.%I', ?, ?, ?, ?)";

  private static final String TIMEOUTS =
      "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')";

  private static final String SET_TIMEOUTS =
      """
      SELECT pg_catalog.set_config('lock_timeout', ?, false),
             pg_catalog.set_config('statement_timeout', ?, false)
      """;

  private final Connection connection;
  private final ConcurrentIndex.Settings settings;
  private final boolean autoCommit;
  private final String lockTimeout;
  private final String statementTimeout;

  private IndexBuildSession(Connection connection, ConcurrentIndex.Settings settings)
      throws SQLException {
    this.connection = connection;
    this.settings = settings;
    autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(true);
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TIMEOUTS)) {
      row.next();
      lockTimeout = row.getString(1);
      statementTimeout = row.getString(2);
    }
  }

  static IndexBuildSession open(DataSource dataSource, ConcurrentIndex.Settings settings)
      throws SQLException {
    Connection connection = dataSource.getConnection();
    try {
      return new IndexBuildSession(connection, settings);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  IndexCatalog catalog() {
    return new IndexCatalog(connection);
  }

  void createConcurrently(IndexDefinition index) throws SQLException {
    execute(settings.patience(), create("CONCURRENTLY ", "", index));
  }

  /** Only the entry in the catalog: the index is invalid until its partitions' are attached. */
  void createOnOnly(IndexDefinition index) throws SQLException {
    execute(settings.lockTimeout(), create("", "ONLY ", index));
  }

  /** Drops the index, unless another session has done that since it was looked for. */
  void dropConcurrently(IndexDefinition index) throws SQLException {
    try {
      execute(settings.patience(), format(DROP, index.schema(), index.name()));
    } catch (SQLException e) {
      if (!NO_SUCH_INDEX.equals(e.getSQLState())) {
        throw e;
      }
      LOG.debug("Another session has dropped index {}", index);
    }
  }

  void attach(IndexDefinition parent, String partitionSchema, String partitionIndex)
      throws SQLException {
    execute(
        settings.lockTimeout(),
        format(ATTACH, parent.schema(), parent.name(), partitionSchema, partitionIndex));
  }

  private String create(String concurrently, String only, IndexDefinition index)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(CREATE)) {
      List<String> texts =
          List.of(
              concurrently,
              index.name(),
              only,
              index.schema(),
              index.table(),
              index.accessMethod());
      for (int i = 0; i < texts.size(); i++) {
        statement.setString(i + 1, texts.get(i));
      }
      statement.setArray(
          texts.size() + 1, connection.createArrayOf("text", index.columns().toArray()));
      return only(statement);
    }
  }

  /** The server puts the names in, in quotes where they need them. */
  private String format(String sql, String... names) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < names.length; i++) {
        statement.setString(i + 1, names[i]);
      }
      return only(statement);
    }
  }

  private static String only(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getString(1);
    }
  }

  private void execute(Duration lockWait, String sql) throws SQLException {
    setTimeouts(lockWait.toMillis() + "ms", settings.buildTimeout().toMillis() + "ms");
    LOG.debug("{}", sql);
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }

  private void setTimeouts(String lock, String ofStatement) throws SQLException {
    try (PreparedStatement set = connection.prepareStatement(SET_TIMEOUTS)) {
      set.setString(1, lock);
      set.setString(2, ofStatement);
      set.execute();
    }
  }

  @Override
  public void close() throws SQLException {
    try (connection) {
      setTimeouts(lockTimeout, statementTimeout);
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      LOG.warn(
          "A connection did not get its timeouts back [SQLSTATE {}]: it was lost, most likely.",
          e.getSQLState());
    }
  }
}
