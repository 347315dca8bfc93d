package io.mistersmith.persistence.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything this library throws.
 *
 * <p>Whether a retry can help is a type, after R2DBC's {@code R2dbcTransientException}: catch
 * {@link TransientPersistenceException} and try again, or {@link NonTransientPersistenceException}
 * and give up. Messages name the key, the agent and the revision, and SQLSTATE, constraint or NATS
 * error code where there is one; never a value. Attempts that failed before the last one are
 * {@linkplain #getSuppressed() suppressed}.
 */
public abstract sealed class PersistenceException extends RuntimeException
    permits TransientPersistenceException, NonTransientPersistenceException {

  private static final long serialVersionUID = 1L;

  private final DataError error;

  PersistenceException(DataError error, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.error = error;
  }

  /** The kind of the failure. */
  public final DataError error() {
    return error;
  }

  /** Whether the same call can succeed later, after a re-read where a revision was expected. */
  public abstract boolean isTransient();
}
