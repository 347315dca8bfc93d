package io.mistersmith.persistence.core.internal.monitor;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on to a listener, logs what it throws instead of failing for it, and drops its interrupts
 * of the library's threads.
 */
public final class SafeListener implements PersistenceListener {

  private static final Logger LOG = LoggerFactory.getLogger(SafeListener.class);

  private final PersistenceListener listener;

  /** Guards {@code listener}. */
  public SafeListener(PersistenceListener listener) {
    this.listener = listener;
  }

  /** A listener that fails here is asked for nothing it may not want: it gets all events. */
  @Override
  public boolean wants(Class<? extends PersistenceEvent> kind) {
    try {
      return listener.wants(kind);
    } catch (RuntimeException e) {
      LOG.warn("the application's PersistenceListener failed; fix it, the engine goes on", e);
      return true;
    }
  }

  @Override
  public void on(PersistenceEvent event) {
    try {
      listener.on(event);
    } catch (Throwable e) {
      LOG.warn("the application's PersistenceListener failed; fix it, the engine goes on", e);
    } finally {
      LibraryThreads.dropInterrupt("the application's PersistenceListener");
    }
  }
}
