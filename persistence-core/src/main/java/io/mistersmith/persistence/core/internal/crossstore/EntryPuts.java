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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  private static final Logger LOG = LoggerFactory.getLogger(EntryPuts.class);

  private static final int AT_ONCE = 100;

  private final EntryWriteStore store;
  private final PlacedWrites entries;

  /** Puts the changes of {@code store}. */
  public EntryPuts(EntryWriteStore store, PlacedWrites entries) {
    this.store = store;
    this.entries = entries;
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
    List<Pending> waiting;
    int put;
    do {
      waiting = store.waiting(AT_ONCE);
      put = 0;
      for (Pending pending : waiting) {
        put += put(pending) ? 1 : 0;
      }
    } while (waiting.size() == AT_ONCE && put > 0);
  }

  /**
   * Puts a change, unless it is there.
   *
   * @return whether its row is settled: removed, or kept as refused
   */
  public boolean put(Pending pending) {
    Change change = pending.change();
    while (true) {
      Latest latest = entries.latest(change.key());
      if (latest.writeId().equals(Optional.of(change.token()))) {
        return store.remove(change.key(), change.token());
      }
      if (!isAsMet(pending, latest)) {
        return refuse(change);
      }
      try {
        entries.write(
            latest.place(), change.key(), change.json(), Optional.empty(), change.token());
        return store.remove(change.key(), change.token());
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.VERSION_CONFLICT) {
          throw e;
        }
      }
    }
  }

  private boolean refuse(Change change) {
    boolean refused =
        store.refuse(
            change.key(),
            change.token(),
            "somebody has written the entry since the transaction met it");
    if (refused) {
      LOG.warn(
          "key {}: its change by transaction {} is committed in PostgreSQL but not put into KV,"
              + " since somebody has written the entry meanwhile; CrossStore.refused lists it,"
              + " retry or drop it",
          change.key(),
          change.correlationId());
    }
    return refused;
  }
}
