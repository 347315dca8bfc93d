package io.mistersmith.persistence.migration.internal.jdbc;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.SQLException;
import java.util.Set;

/** Classifies PostgreSQL's error codes. */
public final class SqlStates {
  /** lock_not_available, deadlock_detected, serialization_failure. */
  private static final Set<String> CONTENTION = Set.of("55P03", "40P01", "40001");

  /**
   * too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout.
   */
  private static final Set<String> DISCONNECTED =
      Set.of("53300", "57P01", "57P02", "57P03", "57P05");

  private SqlStates() {}

  /** Whether other sessions blocked the transaction, so that it may succeed a moment later. */
  public static boolean isContention(SQLException e) {
    return e.getSQLState() != null && CONTENTION.contains(e.getSQLState());
  }

  /** Whether the connection is lost, or could not be had. */
  public static boolean isConnectionLoss(SQLException e) {
    String state = e.getSQLState();
    return state == null || state.startsWith("08") || DISCONNECTED.contains(state);
  }

  /** The message and its code, without the lines below, which may quote rows. */
  public static String describe(SQLException e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
    return e.getSQLState() == null ? message : message + " [SQLSTATE " + e.getSQLState() + "]";
  }

  /**
   * The exception of a failed statement that belongs to no script: unavailable when the connection
   * was lost, refused otherwise.
   *
   * @param whatFailed the first words of the message
   */
  public static MigrationException failure(String whatFailed, SQLException e) {
    Kind kind = isConnectionLoss(e) ? Kind.DATABASE_UNAVAILABLE : Kind.REFUSED;
    return new MigrationException(kind, whatFailed + ": " + describe(e), e);
  }
}
