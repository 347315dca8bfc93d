package io.mistersmith.persistence.spring.boot;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import java.time.Duration;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.SmartLifecycle;

/** Binds the figures while the runtime is open: from after it was opened to before it closes. */
final class MetricsLifecycle implements SmartLifecycle {

  private final PersistenceMetrics metrics;
  private final ObjectProvider<Persistence> persistence;
  private final Duration interval;
  private volatile boolean running;

  MetricsLifecycle(
      PersistenceMetrics metrics, ObjectProvider<Persistence> persistence, Duration interval) {
    this.metrics = metrics;
    this.persistence = persistence;
    this.interval = interval;
  }

  @Override
  public void start() {
    persistence.ifUnique(open -> metrics.bind(open, interval));
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    metrics.close();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PersistenceLifecycle.PHASE + 1;
  }
}
