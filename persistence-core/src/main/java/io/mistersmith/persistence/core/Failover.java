package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What a runtime does when another PostgreSQL server became the primary. */
final class Failover {

  private static final Duration STOP = Duration.ofSeconds(1);

  private final Queue<PrimaryChange> changes = new ConcurrentLinkedQueue<>();
  private final PersistenceListener listener;
  private final PeriodicService service;

  Failover(EngineContext engine, StateArea state) {
    this.listener = engine.listener();
    this.service =
        engine
            .services()
            .onDemand(
                "persistence-failover",
                "what a new primary of PostgreSQL lacks is not looked for",
                this::takeTurn);
    engine
        .stores()
        .sql()
        .onPrimaryChange(
            change -> {
              changes.add(change);
              service.wake();
              state.flushSoon();
            });
  }

  void start() {
    service.start();
  }

  void close() {
    boolean unused = service.close(STOP);
  }

  private void takeTurn() {
    for (PrimaryChange change = changes.poll(); change != null; change = changes.poll()) {
      listener.on(
          new PersistenceEvent.PrimaryChanged(
              change.server(), change.system(), change.timelineBefore(), change.timeline()));
    }
  }
}
