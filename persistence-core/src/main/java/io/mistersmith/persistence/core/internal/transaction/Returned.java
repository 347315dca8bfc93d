package io.mistersmith.persistence.core.internal.transaction;

import org.jspecify.annotations.Nullable;

/** The result of a body, kept while it is not known whether its transaction was committed. */
final class Returned<T> {

  private @Nullable T result;
  private @Nullable UnitTransaction transaction;

  /** The body has returned, and nothing is left but the commit. */
  T by(UnitTransaction of, T value) {
    transaction = of;
    result = value;
    return value;
  }

  /** Whether the body has returned, so that a failure is that of the commit. */
  boolean isReady() {
    return transaction != null;
  }

  /** The transaction was committed: does what follows, and returns the result. */
  @SuppressWarnings("NullAway") // a body may return null, if its caller's T says so
  T committed() {
    if (transaction != null) {
      transaction.committed();
    }
    return result;
  }
}
