package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a pooler is between this process and the server: then the process id that the
 * client received when it connected differs from that of the process that runs its statements.
 */
final class PoolerProbe {

  private static final Logger LOG = LoggerFactory.getLogger(PoolerProbe.class);

  private static final Duration LIMIT = Duration.ofSeconds(2);

  /** What the way to the server is known to be. */
  enum Way {
    /** The server answers, or nobody does. */
    DIRECT,
    /** A pooler answers, which may keep a connection for one client. */
    POOLED,
    /** A pooler answers that gave one connection of the server to two clients. */
    SHARED
  }

  private PoolerProbe() {}

  /** Asks by a connection past the pool, and by a second one where a pooler answers. */
  static Way look(RoleConfig config) {
    return look(() -> ProbeConnection.open(config, "persistence-probe", LIMIT));
  }

  /** Asks by a connection of the application, and by a second one where a pooler answers. */
  static Way look(DataSource source) {
    return look(source::getConnection);
  }

  /** Gives a new connection. */
  private interface Connecting {
    Connection connect() throws SQLException;
  }

  private static Way look(Connecting way) {
    try (Connection one = way.connect()) {
      int process = process(one);
      if (process == one.unwrap(PGConnection.class).getBackendPID()) {
        return Way.DIRECT;
      }
      try (Connection other = way.connect()) {
        return process(other) == process ? Way.SHARED : Way.POOLED;
      }
    } catch (SQLException e) {
      LOG.debug("nobody says whether a pooler answers for the server; its use will tell", e);
      return Way.DIRECT;
    }
  }

  /** Returns the id of the server's process that runs the statements of a connection. */
  static int process(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
      return row.next() ? row.getInt(1) : 0;
    }
  }
}
