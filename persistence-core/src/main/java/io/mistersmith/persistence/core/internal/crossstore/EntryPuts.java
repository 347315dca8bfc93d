package io.mistersmith.persistence.core.internal.crossstore;

import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.EntryWriteStore;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Change;
import io.mistersmith.persistence.spi.sql.EntryWriteStore.Pending;
import java.util.List;
import java.util.Optional;

/**
 * Puts the changes of entries that transactions have committed into KV. Thread-safe.
 *
 * <p>Any number of runtimes may put the same change, and any of them may die in between. A change
 * carries its token as the id of its write. The key's latest message decides:
 *
 * <ul>
 *   <li>it has the token: the change is in KV, and its row is removed;
 *   <li>it is the version that the transaction read, or a change that this one supersedes: the
 *       change is written at the position after it. When several runtimes do so at once, the server
 *       accepts one;
 *   <li>anything else was written by others since: the row is kept with the reason. That is also
 *       done when this change was in KV before, and its row was not removed yet. The operator then
 *       finds the newer value in place, and drops the row.
 * </ul>
 */
public final class EntryPuts {

  private static final int AT_ONCE = 100;

  private final EntryWriteStore store;
  private final PlacedWrites entries;
  private final CrossStoreEvents events;

  /** Puts the changes of {@code store}. */
  public EntryPuts(EntryWriteStore store, PlacedWrites entries, CrossStoreEvents events) {
    this.store = store;
    this.entries = entries;
    this.events = events;
  }

  /** Whether the entry is as the transaction met it, or has a change that this one supersedes. */
  static boolean isAsMet(Pending pending, Latest latest) {
    boolean superseded = latest.writeId().filter(pending.earlier()::contains).isPresent();
    return superseded
        || pending.basis().filter(met -> met.revision().equals(latest.revision())).isPresent();
  }

  /**
   * Puts all changes that wait.
   *
   * @throws PersistenceException when a store does not answer
   */
  public void putWaiting() {
    List<Pending> waiting = store.waiting(AT_ONCE);
    boolean goesOn = true;
    while (!waiting.isEmpty() && goesOn) {
      events.waiting(waiting.size());
      goesOn = putAll(waiting);
      waiting = store.waiting(AT_ONCE);
    }
    events.waiting(waiting.size());
  }

  /** What came of a change. */
  private enum Result {
    /** It is in KV, and its row is removed. */
    PUT,
    /** Its row is kept with the reason. */
    REFUSED,
    /** A transaction is writing its row, or another runtime has removed it. */
    LEFT
  }

  /** Returns whether one of them at least is settled. */
  private boolean putAll(List<Pending> waiting) {
    int put = 0;
    boolean isSettled = false;
    try {
      for (Pending pending : waiting) {
        Result result = settle(pending);
        put += result == Result.PUT ? 1 : 0;
        isSettled |= result != Result.LEFT;
      }
    } finally {
      if (put > 0) {
        events.recovered(put);
      }
    }
    return isSettled;
  }

  /**
   * Puts a change, unless it is there.
   *
   * @return whether its row is settled: removed, or kept as refused
   */
  public boolean put(Pending pending) {
    return settle(pending) != Result.LEFT;
  }

  private Result settle(Pending pending) {
    Change change = pending.change();
    while (true) {
      Latest latest = entries.latest(change.key());
      if (latest.writeId().equals(Optional.of(change.token()))) {
        return remove(change);
      }
      if (!isAsMet(pending, latest)) {
        return refuse(change);
      }
      try {
        entries.write(
            latest.place(), change.key(), change.json(), Optional.empty(), change.token());
        return remove(change);
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT) {
          throw e;
        }
      }
    }
  }

  private Result remove(Change change) {
    return store.remove(change.key(), change.token()) ? Result.PUT : Result.LEFT;
  }

  private Result refuse(Change change) {
    boolean isRefused =
        store.refuse(
            change.key(),
            change.token(),
            "others have written the entry since the transaction read it");
    if (isRefused) {
      events.refused(change);
    }
    return isRefused ? Result.REFUSED : Result.LEFT;
  }
}
