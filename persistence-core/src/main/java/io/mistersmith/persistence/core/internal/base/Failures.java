package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.error.TransientPersistenceException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Failures as futures hand them on. */
public final class Failures {

  private Failures() {}

  /** Returns the failure of a future, without the exception that the future wrapped it in. */
  public static Throwable cause(Throwable failure) {
    boolean isWrapper =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    Throwable cause = failure.getCause();
    return isWrapper && cause != null ? cause : failure;
  }

  /** Returns whether a read failed because its store cannot be reached or does not answer. */
  public static boolean isAway(Throwable failure) {
    return failure instanceof TransientPersistenceException e
        && switch (e.error()) {
          case CONNECTION_FAILED, TIMEOUT, UNAVAILABLE -> true;
          default -> false;
        };
  }
}
