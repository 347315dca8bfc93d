package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;

/**
 * The cause of the failure of a write that KV has, although the wait for its commit failed. Says to
 * this library that the write took effect.
 */
final class WrittenException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private WrittenException(PersistenceException failure) {
    super("KV has the write", failure);
  }

  /** Runs a wait for the commit of a write, whose failures then say that it took effect. */
  static void after(Runnable wait) {
    try {
      wait.run();
    } catch (PersistenceException e) {
      WrittenException cause = new WrittenException(e);
      throw e.isTransient()
          ? new TransientPersistenceException(DataError.OUTCOME_UNKNOWN, message(e), cause)
          : new NonTransientPersistenceException(e.error(), message(e), cause);
    }
  }

  private static String message(PersistenceException failure) {
    return String.valueOf(failure.getMessage());
  }
}
