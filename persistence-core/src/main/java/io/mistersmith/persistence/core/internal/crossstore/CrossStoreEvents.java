package io.mistersmith.persistence.core.internal.crossstore;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.CrossStoreEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reports to the log and to a listener how transactions over both stores go on. Thread-safe. */
public final class CrossStoreEvents {

  private static final Logger LOG = LoggerFactory.getLogger(CrossStoreEvents.class);

  private final PersistenceListener listener;
  private final AtomicInteger waiting = new AtomicInteger();

  /** Reports to {@code listener}, which throws nothing. */
  public CrossStoreEvents(PersistenceListener listener) {
    this.listener = listener;
  }

  private void tell(CrossStoreEvent event) {
    if (listener.wants(event.getClass())) {
      listener.on(event);
    }
  }

  void committed(Strategy strategy, int entries, long began) {
    tell(
        new CrossStoreEvent.CrossStoreEnded(
            strategy, entries, Optional.empty(), true, since(began)));
  }

  void failed(Strategy strategy, Throwable failure, long began) {
    tell(
        new CrossStoreEvent.CrossStoreEnded(
            strategy,
            0,
            failure instanceof PersistenceException typed
                ? Optional.of(typed.error())
                : Optional.empty(),
            false,
            since(began)));
  }

  private static Duration since(long began) {
    return Duration.ofNanos(System.nanoTime() - began);
  }

  void rolledBack(String id, Duration age) {
    LOG.warn(
        "rolled back transaction {}, which was prepared {} ago by a runtime that is gone", id, age);
    tell(new CrossStoreEvent.PreparedRolledBack(id, age));
  }

  void waiting(int entries) {
    if (waiting.getAndSet(entries) != entries) {
      tell(new CrossStoreEvent.ChangesWaiting(entries));
    }
  }

  void recovered(int entries) {
    LOG.info("put {} changes of committed transactions into KV that waited", entries);
    tell(new CrossStoreEvent.ChangesRecovered(entries));
  }

  void refused(Change change) {
    LOG.warn(
        "key {}: its change by transaction {} is committed in PostgreSQL but not put into KV,"
            + " since others have written the entry meanwhile; CrossStore.refused lists it,"
            + " retry or drop it",
        change.key(),
        change.correlationId());
    tell(new CrossStoreEvent.ChangeRefused(change.key(), change.correlationId()));
  }
}
