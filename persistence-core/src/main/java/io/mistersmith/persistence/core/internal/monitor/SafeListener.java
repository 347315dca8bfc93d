package io.mistersmith.persistence.core.internal.monitor;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.BackpressureEvent;
import io.mistersmith.persistence.monitor.ConflictReport;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.Inconsistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.monitor.ServiceFailure;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on to the application's listener, logs what it throws instead of failing for it, and drops
 * its interrupts of the library's threads.
 */
public final class SafeListener implements PersistenceListener {

  private static final Logger LOG = LoggerFactory.getLogger(SafeListener.class);

  private final PersistenceListener listener;
  private final Consumer<FlushReport> engine;

  /** Guards {@code listener}; the engine's own part hears of each flush first. */
  public SafeListener(PersistenceListener listener, Consumer<FlushReport> engine) {
    this.listener = listener;
    this.engine = engine;
  }

  @Override
  public void onFlushed(FlushReport report) {
    guard(() -> engine.accept(report));
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

  @Override
  public void onBackpressure(BackpressureEvent event) {
    guard(() -> listener.onBackpressure(event));
  }

  @Override
  public void onInconsistent(Inconsistency found) {
    guard(() -> listener.onInconsistent(found));
  }

  @Override
  public void onConsistencyChecked(ConsistencyReport report) {
    guard(() -> listener.onConsistencyChecked(report));
  }

  @Override
  public void onServiceFailed(ServiceFailure failure) {
    guard(() -> listener.onServiceFailed(failure));
  }

  private static void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      LOG.warn("the application's PersistenceListener failed; fix it, the engine goes on", e);
    } finally {
      LibraryThreads.dropInterrupt("the application's PersistenceListener");
    }
  }
}
