package io.mistersmith.persistence.core.internal.monitor;

import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.ConflictReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.PersistenceListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes on to the application's listener, and logs what it throws instead of failing for it. */
public final class SafeListener implements PersistenceListener {

  private static final Logger LOG = LoggerFactory.getLogger(SafeListener.class);

  private final PersistenceListener listener;

  /** Guards {@code listener}. */
  public SafeListener(PersistenceListener listener) {
    this.listener = listener;
  }

  @Override
  public void onFlushed(FlushReport report) {
    guard(() -> listener.onFlushed(report));
  }

  @Override
  public void onFlushFailed(String bucket, RuntimeException cause) {
    guard(() -> listener.onFlushFailed(bucket, cause));
  }

  @Override
  public void onDeadLetter(String bucket, String subject, String reason) {
    guard(() -> listener.onDeadLetter(bucket, subject, reason));
  }

  @Override
  public void onEpochStarted(String bucket, long epoch, String reason) {
    guard(() -> listener.onEpochStarted(bucket, epoch, reason));
  }

  @Override
  public void onConflict(ConflictReport report) {
    guard(() -> listener.onConflict(report));
  }

  @Override
  public void onHydrated(StateKey key) {
    guard(() -> listener.onHydrated(key));
  }

  @Override
  public void onLifecycle(LifecycleChange change) {
    guard(() -> listener.onLifecycle(change));
  }

  @Override
  public void onAgentHydrated(Hydration hydration) {
    guard(() -> listener.onAgentHydrated(hydration));
  }

  @Override
  public void onEvicted(String bucket, int entries) {
    guard(() -> listener.onEvicted(bucket, entries));
  }

  private static void guard(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      LOG.warn("the application's PersistenceListener failed; mend it, the engine goes on", e);
    }
  }
}
