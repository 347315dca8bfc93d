package io.mistersmith.persistence.core.internal.crossstore;

import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreTransaction;
import io.mistersmith.persistence.saga.EntryWrite;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Basis;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Pending;
import io.mistersmith.persistence.transaction.Transaction;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commits transactions with changes of entries, and puts these into KV. Thread-safe. */
public final class CommittedEntries implements CrossStore {

  private static final Logger LOG = LoggerFactory.getLogger(CommittedEntries.class);

  private final StoreTransactionRunner transactions;
  private final EntryWriteStore store;
  private final PlacedWrites entries;
  private final EntryPuts puts;
  private final AbandonedUnits abandoned;
  private final CrossStoreEvents events;
  private final Runnable left;

  /**
   * Commits transactions.
   *
   * @param store the changes, each call by itself
   * @param left runs when changes were not put at once
   */
  public CommittedEntries(
      StoreTransactionRunner transactions,
      EntryWriteStore store,
      PlacedWrites entries,
      EntryPuts puts,
      AbandonedUnits abandoned,
      CrossStoreEvents events,
      Runnable left) {
    this.transactions = transactions;
    this.store = store;
    this.entries = entries;
    this.puts = puts;
    this.abandoned = abandoned;
    this.events = events;
    this.left = left;
  }

  @Override
  public <T> T run(
      CrossStoreOptions options, Function<? super CrossStoreTransaction, ? extends T> work) {
    long began = System.nanoTime();
    try {
      return run(options, work, began);
    } catch (RuntimeException | Error e) {
      events.failed(options.strategy(), e, began);
      throw e;
    }
  }

  private <T> T run(
      CrossStoreOptions options,
      Function<? super CrossStoreTransaction, ? extends T> work,
      long began) {
    Changes changes = new Changes();
    Function<Transaction, T> body =
        transaction -> {
          CollectedEntries collected =
              StoreTransactionRunner.in(
                  transaction,
                  (unit, afterCommit) -> {
                    CollectedEntries made =
                        new CollectedEntries(transaction, unit.entryWrites(), entries);
                    // As part of an outer transaction this one is committed with that.
                    afterCommit.accept(
                        () -> {
                          events.committed(options.strategy(), made.all().size(), began);
                          put(made.all());
                        });
                    return made;
                  });
          T result = work.apply(collected);
          changes.last = collected.all();
          if (options.checked()
              && options.strategy() == CrossStoreOptions.Strategy.EVENTUAL_CONSISTENCY) {
            CollectedEntries.check(collected.all(), entries);
          }
          return result;
        };
    return switch (options.strategy()) {
      case EVENTUAL_CONSISTENCY -> transactions.run(options.transaction(), body);
      case TWO_PHASE_COMMIT ->
          transactions.inTwoPhases(
              options.transaction(),
              new StoreTransactionRunner.Phases() {
                @Override
                public String begin() {
                  return abandoned.begin();
                }

                @Override
                public void beforeCommit() {
                  CollectedEntries.check(changes.last, entries);
                }

                @Override
                public void end(String id) {
                  abandoned.end(id);
                }
              },
              body);
    };
  }

  /** The changes of the last attempt at a transaction. */
  private static final class Changes {
    private List<Pending> last = List.of();
  }

  private void put(List<Pending> changes) {
    try {
      boolean settled = true;
      for (Pending change : changes) {
        settled &= puts.put(change);
      }
      if (!settled) {
        left.run();
      }
    } catch (PersistenceException e) {
      LOG.info("changes of committed transactions are put into KV later: {}", e.getMessage());
      left.run();
    }
  }

  @Override
  public List<EntryWrite> waiting(int limit) {
    return store.waiting(limit).stream().map(CommittedEntries::shown).toList();
  }

  @Override
  public List<EntryWrite> refused(int limit) {
    return store.refused(limit).stream().map(CommittedEntries::shown).toList();
  }

  @Override
  public Optional<EntryWrite> refused(AgentId owner, String path) {
    return refused(StateKey.ofPath(owner, path)).map(CommittedEntries::shown);
  }

  private Optional<Pending> refused(StateKey key) {
    return store.find(key).filter(pending -> pending.refused().isPresent());
  }

  private static EntryWrite shown(Pending pending) {
    Change change = pending.change();
    return new EntryWrite(
        change.key().agent(),
        change.key().path(),
        change.correlationId(),
        pending.writtenAt(),
        pending.refused());
  }

  @Override
  public boolean retry(AgentId owner, String path) {
    StateKey key = StateKey.ofPath(owner, path);
    Optional<Pending> refused = refused(key);
    if (refused.isEmpty()) {
      return false;
    }
    Latest latest = entries.latest(key);
    boolean waits =
        store.retry(
            key, refused.get().change().token(), new Basis(latest.place(), latest.revision()));
    left.run();
    return waits;
  }

  @Override
  public boolean drop(AgentId owner, String path) {
    StateKey key = StateKey.ofPath(owner, path);
    return refused(key).filter(pending -> store.remove(key, pending.change().token())).isPresent();
  }
}
