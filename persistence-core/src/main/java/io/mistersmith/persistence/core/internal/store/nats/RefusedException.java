package io.mistersmith.persistence.core.internal.store.nats;

/** The server said that this client may not do what it did. */
final class RefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final long at = System.nanoTime();

  RefusedException(String said) {
    super(said, null, false, false);
  }

  /** When it was said, by {@link System#nanoTime}. */
  long at() {
    return at;
  }
}
