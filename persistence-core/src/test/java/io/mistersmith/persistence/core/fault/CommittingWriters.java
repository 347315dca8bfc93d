package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Threads that write rows to PostgreSQL alone, each row in a transaction of its own, and note when
 * each was acknowledged. Nothing can write these rows again.
 */
final class CommittingWriters implements AutoCloseable {

  static final String TABLE =
      """
      CREATE TABLE public.committed (
        id BIGINT PRIMARY KEY,
        at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp())
      """;

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "write a row");

  private final Persistence persistence;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong next = new AtomicLong();
  private final Map<Long, Instant> acknowledged = new ConcurrentHashMap<>();
  private volatile boolean stopped;
  private volatile @Nullable Throwable unexpected;

  private CommittingWriters(Persistence persistence) {
    this.persistence = persistence;
  }

  static CommittingWriters start(int count, Persistence persistence) {
    CommittingWriters writers = new CommittingWriters(persistence);
    for (int i = 0; i < count; i++) {
      Thread thread = new Thread(writers::run, "fault-committer-" + i);
      thread.setDaemon(true);
      writers.threads.add(thread);
      thread.start();
    }
    return writers;
  }

  private void run() {
    try {
      while (!stopped) {
        long id = next.incrementAndGet();
        try {
          persistence
              .transactions()
              .execute(
                  OPTIONS,
                  tx -> {
                    int unused =
                        tx.update("INSERT INTO committed (id) VALUES (:id)", Map.of("id", id));
                  });
          acknowledged.put(id, Instant.now());
        } catch (PersistenceException e) {
          LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
        }
      }
    } catch (RuntimeException | Error e) {
      unexpected = e;
    }
  }

  /** Returns when each row was acknowledged. */
  Map<Long, Instant> acknowledged() {
    return acknowledged;
  }

  /** Returns the longest time without an acknowledgement. */
  Duration longestGap() {
    List<Instant> times = acknowledged.values().stream().sorted().toList();
    Duration longest = Duration.ZERO;
    for (int i = 1; i < times.size(); i++) {
      Duration gap = Duration.between(times.get(i - 1), times.get(i));
      longest = gap.compareTo(longest) > 0 ? gap : longest;
    }
    return longest;
  }

  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(Duration.ofSeconds(40).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " hangs");
      }
    }
    if (unexpected != null) {
      throw new IllegalStateException("a writer failed", unexpected);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
