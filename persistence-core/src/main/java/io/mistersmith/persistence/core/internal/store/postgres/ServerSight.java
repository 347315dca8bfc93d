package io.mistersmith.persistence.core.internal.store.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * A server's account of itself.
 *
 * @param standby whether it replays another one's log
 * @param position what it has flushed, or replayed where it is a standby
 */
record ServerSight(boolean standby, WalPosition position) {

  /**
   * A primary's timeline is in the name of the file that it writes. A standby's is that of its last
   * restart point, of its last written page, or of the log that it receives, whichever is the
   * latest. Only a member of pg_read_all_stats sees the last; without it a change of timeline shows
   * a little later.
   */
  private static final String LOOK =
      """
      SELECT pg_is_in_recovery() AS standby,
             (SELECT system_identifier FROM pg_control_system()) AS system,
             CASE WHEN pg_is_in_recovery()
                  THEN greatest((SELECT timeline_id FROM pg_control_checkpoint()),
                                (SELECT min_recovery_end_timeline FROM pg_control_recovery()),
                                (SELECT received_tli FROM pg_stat_wal_receiver))
                  ELSE ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int
             END AS timeline,
             (CASE WHEN pg_is_in_recovery()
                   THEN coalesce(pg_last_wal_replay_lsn(), '0/0'::pg_lsn)
                   ELSE pg_current_wal_flush_lsn()
              END - '0/0'::pg_lsn)::bigint AS lsn
      """;

  static ServerSight of(Handle handle) {
    try {
      return of(handle.getConnection());
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException(e, null);
    }
  }

  static ServerSight of(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LOOK)) {
      boolean unused = row.next();
      return new ServerSight(
          row.getBoolean("standby"),
          new WalPosition(row.getLong("system"), row.getInt("timeline"), row.getLong("lsn")));
    }
  }
}
