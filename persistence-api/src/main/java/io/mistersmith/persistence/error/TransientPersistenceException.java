package io.mistersmith.persistence.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure that passes: a retry of the same call can succeed (after re-reading, for {@link
 * DataError#VERSION_CONFLICT}). Whether a write that failed so was applied is unknown unless the
 * message says it was not.
 */
public final class TransientPersistenceException extends PersistenceException {

  private static final long serialVersionUID = 1L;

  /** A failure of the given kind. */
  public TransientPersistenceException(DataError error, String message) {
    this(error, message, null);
  }

  /** A failure of the given kind, with the exception that brought it about. */
  public TransientPersistenceException(DataError error, String message, @Nullable Throwable cause) {
    super(error, message, cause);
  }

  @Override
  public boolean isTransient() {
    return true;
  }
}
