package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An application whose callbacks throw errors and exceptions, and interrupt the library's threads
 * that run them. Thread-safe.
 */
final class FaultyCallbacks implements PersistenceListener {

  private static final int ONE_IN = 40;
  private static final String OWN_THREADS = "soak-";

  @Override
  public void on(PersistenceEvent event) {
    makeTrouble();
  }

  /** Throws or interrupts once in a while; on a thread of the soak itself it only throws. */
  static void makeTrouble() {
    if (ThreadLocalRandom.current().nextInt(ONE_IN) > 0) {
      return;
    }
    switch (ThreadLocalRandom.current().nextInt(4)) {
      case 0 -> throw new AssertionError("thrown by the soak's listener");
      case 1 -> throw new OutOfMemoryError("thrown by the soak's listener");
      case 2 -> throw new IllegalStateException("thrown by the soak's listener");
      default -> {
        if (!Thread.currentThread().getName().startsWith(OWN_THREADS)) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
