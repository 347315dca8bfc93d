package io.mistersmith.persistence.core.internal.base;

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
}
