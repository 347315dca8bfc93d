package io.mistersmith.persistence.migration.online;

import java.sql.SQLException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An index could not be built. The message names the index and says what to do; what was built so
 * far stays, and another call goes on from there.
 */
public final class IndexBuildException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * lock_not_available, deadlock_detected, serialization_failure; and duplicate_table or, from the
   * catalog, unique_violation, when another builder was first by a moment.
   */
  private static final Set<String> CONTENTION = Set.of("55P03", "40P01", "40001", "42P07", "23505");

  private final boolean retryable;
  private final @Nullable String sqlState;

  IndexBuildException(boolean retryable, String message) {
    super(message);
    this.retryable = retryable;
    this.sqlState = null;
  }

  IndexBuildException(boolean retryable, String message, Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
    this.sqlState = cause instanceof SQLException e ? e.getSQLState() : null;
  }

  /** Of a statement that failed; worth another call if others or the connection are to blame. */
  static IndexBuildException of(String whatFailed, SQLException e) {
    String state = e.getSQLState();
    boolean disconnected = state == null || state.startsWith("08") || state.startsWith("57P");
    String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("no message");
    return new IndexBuildException(
        disconnected || isContention(e),
        "%s: %s [SQLSTATE %s]".formatted(whatFailed, first, state),
        e);
  }

  /** Whether others were in the way, so that the same statement may succeed a moment later. */
  static boolean isContention(SQLException e) {
    return e.getSQLState() != null && CONTENTION.contains(e.getSQLState());
  }

  /** Whether the same call may succeed later without anybody changing the schema or the data. */
  public boolean retryable() {
    return retryable;
  }

  /** The SQLSTATE with which PostgreSQL refused, where it did. */
  public @Nullable String sqlState() {
    return sqlState;
  }
}
