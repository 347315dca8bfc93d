package io.mistersmith.persistence.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure that stays: the same call will fail again until the input, the configuration or the
 * stores' content is changed.
 */
public final class NonTransientPersistenceException extends PersistenceException {

  private static final long serialVersionUID = 1L;

  /** A failure of the given kind. */
  public NonTransientPersistenceException(DataError error, String message) {
    this(error, message, null);
  }

  /** A failure of the given kind, with the exception that brought it about. */
  public NonTransientPersistenceException(
      DataError error, String message, @Nullable Throwable cause) {
    super(error, message, cause);
  }

  @Override
  public boolean isTransient() {
    return false;
  }
}
