package io.mistersmith.persistence.testkit.memory;

/**
 * Ends a statement that needs a row which another transaction holds; it runs again after a wait.
 */
@SuppressWarnings("serial") // never leaves this package
final class RowBusyException extends RuntimeException {

  private final transient Transaction holder;

  RowBusyException(Transaction holder) {
    super("another transaction holds the row", null, false, false);
    this.holder = holder;
  }

  Transaction holder() {
    return holder;
  }
}
