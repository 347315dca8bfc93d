package io.mistersmith.persistence.migration.online;

/** Waits for threads of tests, with a deadline. */
final class Threads {
  private static final long LIMIT_MILLIS = 60_000;

  private Threads() {}

  static void join(Thread thread) {
    try {
      thread.join(LIMIT_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while waiting for " + thread.getName(), e);
    }
    if (thread.isAlive()) {
      throw new IllegalStateException(thread.getName() + " did not end within a minute");
    }
  }
}
