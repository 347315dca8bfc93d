package io.mistersmith.persistence.core.internal.guard;

/**
 * The cause of a call's failure that an open breaker refused, so that nobody repeats or counts it.
 */
final class RefusedCallException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RefusedCallException() {
    super("the breaker is open", null, false, false);
  }
}
