package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that read what a ledger says their process has written, until they are stopped, and
 * compare each answer with what was acknowledged before the read began.
 */
final class OwnReads implements AutoCloseable {

  private static final long PAUSE_NANOS = 200_000;

  private final StateRepository<Long> states;
  private final Ledger ledger;
  private final List<Thread> threads = new ArrayList<>();
  private final Queue<String> stale = new ConcurrentLinkedQueue<>();
  private final LongAdder fromSql = new LongAdder();
  private final LongAdder others = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private volatile boolean stopped;
  private volatile @Nullable Throwable unexpected;

  private OwnReads(StateRepository<Long> states, Ledger ledger) {
    this.states = states;
    this.ledger = ledger;
  }

  static OwnReads start(int count, StateRepository<Long> states, Ledger ledger) {
    OwnReads reads = new OwnReads(states, ledger);
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(reads::run, "fault-reader-" + i);
      thread.setDaemon(true);
      reads.threads.add(thread);
      thread.start();
    }
    return reads;
  }

  private void run() {
    try {
      while (!stopped) {
        List<StateKey> keys = List.copyOf(ledger.latest().keySet());
        if (!keys.isEmpty()) {
          read(keys.get(ThreadLocalRandom.current().nextInt(keys.size())));
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    } catch (RuntimeException | Error e) {
      unexpected = e;
    }
  }

  private void read(StateKey key) {
    Ledger.Acknowledged promise = Objects.requireNonNull(ledger.latest().get(key));
    try {
      Optional<Versioned<Long>> found = states.find(key);
      if (found.isEmpty() || promise.revision().isAfter(found.get().revision())) {
        stale.add(key + ": promised " + promise + ", read " + found);
      }
      boolean away = found.isPresent() && found.get().awaySince().isPresent();
      (away ? fromSql : others).increment();
    } catch (TransientPersistenceException e) {
      refused.increment();
    } catch (PersistenceException e) {
      stale.add(key + ": " + e);
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

  /** Returns the reads that returned less than was acknowledged before. */
  List<String> stale() {
    return List.copyOf(stale);
  }

  /** Waits for the reads under way; fails when one failed in an untyped way. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(30_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " hangs");
      }
    }
    if (unexpected != null) {
      throw new IllegalStateException("a reader failed", unexpected);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
