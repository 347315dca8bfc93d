package io.mistersmith.persistence.core.internal.store.postgres;

/** Carries what a caller's own code threw out of its transaction, to be thrown on as it is. */
@SuppressWarnings("serial") // never leaves this package
final class ThrownByWorkException extends RuntimeException {

  private final RuntimeException thrown;

  ThrownByWorkException(RuntimeException thrown) {
    super(thrown.getMessage(), thrown, true, false);
    this.thrown = thrown;
  }

  /** Returns the thrown exception, with a failure of the rollback as suppressed. */
  RuntimeException thrown() {
    for (Throwable suppressed : getSuppressed()) {
      thrown.addSuppressed(suppressed);
    }
    return thrown;
  }
}
