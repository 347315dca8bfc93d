package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.crossstore.AbandonedUnits;
import io.mistersmith.persistence.core.internal.crossstore.CommittedEntries;
import io.mistersmith.persistence.core.internal.crossstore.CrossStoreEvents;
import io.mistersmith.persistence.core.internal.crossstore.EntryPuts;
import io.mistersmith.persistence.core.internal.guard.GuardedStores;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.saga.CrossStore;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Transactions over both stores, wired. A runtime that has run one puts the changes that others
 * have left, too, and rolls back what they have prepared and left.
 */
final class CrossStoreArea {

  private static final Duration LOOK = Duration.ofSeconds(1);

  private final CommittedEntries committed;
  private final AbandonedUnits abandoned;
  private final PeriodicService looks;
  private final AtomicBoolean used = new AtomicBoolean();

  CrossStoreArea(EngineContext engine, StateArea state, TransactionArea transactions) {
    GuardedStores stores = engine.stores();
    CrossStoreEvents events = new CrossStoreEvents(engine.listener());
    PlacedWrites entries = state.entries().store().placed();
    this.abandoned =
        new AbandonedUnits(
            stores.sql(), stores.unguarded().sql().on(PostgresRole.BACKGROUND).journals(), events);
    EntryPuts puts =
        new EntryPuts(stores.sql().on(PostgresRole.BACKGROUND).entryWrites(), entries, events);
    this.looks =
        engine
            .services()
            .every(
                LOOK,
                "persistence-cross-store",
                "changes of committed transactions are not put into KV, and prepared ones hold"
                    + " their locks",
                () -> {
                  abandoned.sweep();
                  puts.putWaiting();
                });
    this.committed =
        new CommittedEntries(
            transactions.runner(),
            stores.sql().entryWrites(),
            entries,
            puts,
            abandoned,
            events,
            this::look);
  }

  private void look() {
    looks.wake();
  }

  CrossStore crossStore() {
    if (used.compareAndSet(false, true)) {
      looks.start();
    }
    return committed;
  }

  /** Stops; what is left is put by others. */
  void close(Duration patience) {
    looks.close(patience);
    abandoned.close();
  }
}
