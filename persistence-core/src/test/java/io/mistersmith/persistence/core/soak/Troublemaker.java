package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.BackpressureEvent;
import io.mistersmith.persistence.monitor.ConflictReport;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.Inconsistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.concurrent.ThreadLocalRandom;

/**
 * An application whose callbacks throw errors and exceptions, and interrupt the library's threads
 * that run them. Thread-safe.
 */
final class Troublemaker implements PersistenceListener {

  private static final int ONE_IN = 40;
  private static final String OWN_THREADS = "soak-";

  @Override
  public void onFlushed(FlushReport report) {
    makeTrouble();
  }

  @Override
  public void onFlushFailed(String bucket, RuntimeException cause) {
    makeTrouble();
  }

  @Override
  public void onDeadLetter(String bucket, String subject, String reason) {
    makeTrouble();
  }

  @Override
  public void onEpochStarted(String bucket, long epoch, String reason) {
    makeTrouble();
  }

  @Override
  public void onConflict(ConflictReport report) {
    makeTrouble();
  }

  @Override
  public void onHydrated(StateKey key) {
    makeTrouble();
  }

  @Override
  public void onLifecycle(LifecycleChange change) {
    makeTrouble();
  }

  @Override
  public void onAgentHydrated(Hydration hydration) {
    makeTrouble();
  }

  @Override
  public void onEvicted(String bucket, int entries) {
    makeTrouble();
  }

  @Override
  public void onBackpressure(BackpressureEvent event) {
    makeTrouble();
  }

  @Override
  public void onInconsistent(Inconsistency found) {
    makeTrouble();
  }

  @Override
  public void onConsistencyChecked(ConsistencyReport report) {
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
