package io.mistersmith.persistence.core.internal.base;

/** The cause of a failure by which the application itself refuses: nothing is to be repaired. */
public final class RefusedByRuleException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** Marks a failure. */
  public RefusedByRuleException() {
    super("a validation of the application refused", null, false, false);
  }
}
