package io.mistersmith.persistence.migration.model;

import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * A migration, or a change to a table in use, failed. The message names the script, the version or
 * the table and says what to do; {@link #kind()} tells the cases apart.
 */
public final class MigrationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The kind of failure. */
  public enum Kind {
    /** A script's name or content is invalid, or it could not be read or written. */
    INVALID_SCRIPT(false),
    /** There is no set of scripts of that name. */
    UNKNOWN_SET(false),
    /** A selected set needs another one that was not selected. */
    MISSING_SET(false),
    /** There is no script of that version. */
    UNKNOWN_VERSION(false),
    /** A script was changed after it was applied. */
    CHECKSUM_CHANGED(false),
    /** History and scripts do not match: a script is missing, or was added too late. */
    HISTORY_MISMATCH(false),
    /** Another migrator is running, or other sessions kept a table or its rows locked. */
    LOCKED(true),
    /** A script failed; its transaction was rolled back. */
    SCRIPT_FAILED(false),
    /** The change that was asked for is not possible for this table. */
    INVALID_CHANGE(false),
    /** A constraint refuses a row of the table. */
    DATA_REFUSED(false),
    /** A shadow table differs from its table. */
    DIFFERENT(false),
    /** The step is not possible in the state that the change is in. */
    WRONG_STATE(false),
    /**
     * The database refused a statement of the runner itself, for example for lack of a privilege.
     */
    REFUSED(false),
    /** The database could not be reached, or the connection was lost. */
    DATABASE_UNAVAILABLE(true),
    /** The waiting thread was interrupted. */
    INTERRUPTED(true);

    private final boolean retryable;

    Kind(boolean retryable) {
      this.retryable = retryable;
    }

    /** Whether the same call may succeed later without a change of script, schema or data. */
    public boolean retryable() {
      return retryable;
    }
  }

  private final Kind kind;
  private final @Nullable String sqlState;

  /** A failure that no other exception caused. */
  public MigrationException(Kind kind, String message) {
    super(message);
    this.kind = kind;
    this.sqlState = null;
  }

  /** A failure that another exception caused; where that is of PostgreSQL, with its SQLSTATE. */
  public MigrationException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
    this.sqlState = cause instanceof SQLException sql ? sql.getSQLState() : null;
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** Whether the same call may succeed later without a change of script, schema or data. */
  public boolean retryable() {
    return kind.retryable();
  }

  /** The SQLSTATE of PostgreSQL's error; null when the failure was none of PostgreSQL's. */
  public @Nullable String sqlState() {
    return sqlState;
  }
}
