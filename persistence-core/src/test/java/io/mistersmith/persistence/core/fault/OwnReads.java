package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that read what a ledger says their process has written, until they are stopped, and
 * compare each answer with what was acknowledged before the read began. The ledger keeps those that
 * were stale.
 */
final class OwnReads implements AutoCloseable {

  private static final long PAUSE_NANOS = 200_000;

  private final StateRepository<Long> states;
  private final Ledger ledger;
  private final Turns turns;
  private final LongAdder fromSql = new LongAdder();
  private final LongAdder others = new LongAdder();
  private final LongAdder refused = new LongAdder();

  private OwnReads(int count, StateRepository<Long> states, Ledger ledger) {
    this.states = states;
    this.ledger = ledger;
    this.turns = Turns.start(count, "fault-reader", thread -> this::readOne);
  }

  static OwnReads start(int count, StateRepository<Long> states, Ledger ledger) {
    return new OwnReads(count, states, ledger);
  }

  private void readOne() {
    List<StateKey> keys = List.copyOf(ledger.latest().keySet());
    if (!keys.isEmpty()) {
      read(keys.get(ThreadLocalRandom.current().nextInt(keys.size())));
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private void read(StateKey key) {
    Ledger.Acknowledged promise = Objects.requireNonNull(ledger.latest().get(key));
    try {
      Optional<Versioned<Long>> found = states.find(key);
      if (found.isEmpty() || promise.revision().isAfter(found.get().revision())) {
        ledger.stale(key + ": promised " + promise + ", read " + found);
      }
      boolean away = found.isPresent() && found.get().awaySince().isPresent();
      (away ? fromSql : others).increment();
    } catch (TransientPersistenceException e) {
      refused.increment();
    } catch (PersistenceException e) {
      ledger.stale(key + ": " + e);
    }
  }

  /** Counts the reads that PostgreSQL answered in KV's place. */
  long fromSql() {
    return fromSql.sum();
  }

  /** Counts the other reads that were answered. */
  long others() {
    return others.sum();
  }

  /** Counts the reads that failed as transient. */
  long refused() {
    return refused.sum();
  }

  /** Waits for the reads under way; fails when one failed in an untyped way. */
  void stop() {
    turns.stop();
  }

  @Override
  public void close() {
    stop();
  }
}
