package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Asks a standby without a pause until it has replayed what its primary has. */
final class ReplicaLag implements AutoCloseable {

  private final Connection primary;
  private final Connection standby;

  ReplicaLag(PostgresDatabase database, PostgresServer standby) throws SQLException {
    this.primary = database.connect();
    this.standby = DriverManager.getConnection(standby.jdbcUrl(), standby.user(), "");
  }

  void awaitReplay() throws SQLException {
    long target = number(primary, "SELECT pg_current_wal_flush_lsn() - '0/0'::pg_lsn");
    while (number(standby, "SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn") < target) {
      Thread.onSpinWait();
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public void close() throws SQLException {
    primary.close();
    standby.close();
  }
}
