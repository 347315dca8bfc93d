package io.mistersmith.persistence.migration;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A migration was not possible. The message names the script or the version and says what to do;
 * {@link #kind()} says what sort of trouble it was.
 */
public final class MigrationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What sort of trouble it was. */
  public enum Kind {
    /** A script's name or content is not one that can be applied. */
    INVALID_SCRIPT(false),
    /** There is no set of scripts of that name. */
    UNKNOWN_SET(false),
    /** There is no script of that version. */
    UNKNOWN_VERSION(false),
    /** A script that was applied is not the same any more. */
    CHECKSUM_CHANGED(false),
    /** History and scripts do not fit together: a script is missing, or comes too late. */
    HISTORY_MISMATCH(false),
    /** Somebody else migrates, or keeps a table locked, and did not finish in time. */
    LOCKED(true),
    /** A script failed; nothing of it remains. */
    SCRIPT_FAILED(false),
    /** The database refused something to the runner itself, as for lack of a privilege. */
    REFUSED(false),
    /** The database could not be reached, or broke the connection off. */
    DATABASE_UNAVAILABLE(true),
    /** The waiting thread was interrupted. */
    INTERRUPTED(true);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }

    /** Whether the same call may succeed later without anybody changing a script or the data. */
    public boolean retryable() {
      return retryable;
    }
  }

  private final Kind kind;
  private final @Nullable String sqlState;

  MigrationException(Kind kind, String message) {
    super(message);
    this.kind = kind;
    this.sqlState = null;
  }

  MigrationException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.sqlState = cause instanceof SQLException sql ? sql.getSQLState() : null;
  }

  /** Of a failed statement outside of any script: unavailable when the connection is to blame. */
  static MigrationException of(String whatFailed, SQLException e) {
    Kind kind = SqlStates.isConnectionLoss(e) ? Kind.DATABASE_UNAVAILABLE : Kind.REFUSED;
    return new MigrationException(kind, whatFailed + ": " + SqlStates.describe(e), e);
  }

  /** What sort of trouble it was. */
  public Kind kind() {
    return kind;
  }

  /** The SQLSTATE with which PostgreSQL refused, where it did. */
  public @Nullable String sqlState() {
    return sqlState;
  }
}
