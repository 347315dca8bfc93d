package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import org.springframework.context.SmartLifecycle;

/**
 * Closes the runtime when the context stops, after the web server and all else of the application
 * has stopped, and before any bean is destroyed. Thread-safe.
 */
final class PersistenceLifecycle implements SmartLifecycle {

  /** Below the phases of web servers, listeners and schedulers, which stop first. */
  static final int PHASE = Integer.MIN_VALUE / 2;

  private final Persistence persistence;
  private volatile boolean closed;

  PersistenceLifecycle(Persistence persistence) {
    this.persistence = persistence;
  }

  @Override
  public void start() {
    if (closed) {
      throw new IllegalStateException(
          "the runtime was closed when the context stopped, and cannot be opened again; refresh a"
              + " new context");
    }
  }

  @Override
  public void stop() {
    closed = true;
    persistence.close();
  }

  @Override
  public boolean isRunning() {
    return !closed;
  }

  /** Keeps the runtime open while a test context is paused, which Spring 7 asks. */
  public boolean isPauseable() {
    return false;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
