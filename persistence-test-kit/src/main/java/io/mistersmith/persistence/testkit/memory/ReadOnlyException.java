package io.mistersmith.persistence.testkit.memory;

/** A write was refused, since the transaction only reads. */
final class ReadOnlyException extends IllegalStateException {

  private static final long serialVersionUID = 1;

  ReadOnlyException() {
    super("these reads must not write; use SqlStore.inTransaction for that");
  }
}
