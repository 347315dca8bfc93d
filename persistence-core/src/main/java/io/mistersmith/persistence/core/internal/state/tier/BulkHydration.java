package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings all of an owner's flushed entries into the bucket that are not there.
 *
 * <p>While PostgreSQL reads the rows, NATS is asked which keys it has, so that neither waits for
 * the other. The publishes are pipelined, each expecting that there is neither value nor marker:
 * what came in between stays. Only acknowledgements that arrive move the progress.
 */
final class BulkHydration {

  private static final Logger LOG = LoggerFactory.getLogger(BulkHydration.class);

  /** Every publish ends by itself before that; this is for a JVM that is stopped. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static final int REPORTS = 100;

  private final Tiers tiers;
  private final AgentId agent;
  private final Consumer<Hydration.Progress> progress;
  private final AtomicInteger done = new AtomicInteger();
  private final AtomicInteger brought = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicInteger open = new AtomicInteger(1);
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile @Nullable Throwable failure;
  private int total;
  private int step = 1;
  private int reported = -1;

  BulkHydration(Tiers tiers, AgentId agent, Consumer<Hydration.Progress> progress) {
    this.tiers = tiers;
    this.agent = agent;
    this.progress = progress;
  }

  Hydration run() {
    long start = System.nanoTime();
    CompletableFuture<Set<StateKey>> present = tiers.reads().keysAsync(agent, "");
    List<StoredState> rows = tiers.rows(agent).stream().filter(tiers::isLive).toList();
    total = rows.size();
    step = Math.max(1, total / REPORTS);
    if (total > 0) {
      Set<StateKey> hot = get(present);
      int there = (int) rows.stream().filter(row -> hot.contains(row.key())).count();
      done.set(there);
      if (there > 0) {
        tell(there);
      }
      for (StoredState row : rows) {
        if (failure != null) {
          break;
        }
        if (!hot.contains(row.key())) {
          publish(row);
        }
      }
    } else {
      tell(0);
    }
    countDown();
    get(ended);
    Throwable first = failure;
    if (first != null) {
      throw typed(first);
    }
    return new Hydration(
        agent, total, brought.get(), bytes.get(), Duration.ofNanos(System.nanoTime() - start));
  }

  private void publish(StoredState row) {
    open.incrementAndGet();
    var unused =
        tiers
            .writes()
            .publishAsync(row.key(), Operation.PUT, row.value(), row.hydration(), HotWrites.NONE)
            .whenComplete((sequence, refusal) -> published(row, refusal));
  }

  private void published(StoredState row, @Nullable Throwable refusal) {
    try {
      if (refusal == null) {
        brought.incrementAndGet();
        bytes.addAndGet(row.value().length);
        tiers.listener().on(new PersistenceEvent.EntryHydrated(row.key()));
        report(done.incrementAndGet());
      } else if (Conflicts.isConflict(Failures.cause(refusal))) {
        report(done.incrementAndGet());
      } else if (isTooLarge(Failures.cause(refusal))) {
        LOG.warn(
            "bucket {}, key {}: not hydrated, reads go on to PostgreSQL: {}",
            tiers.reads().name(),
            row.key(),
            Failures.cause(refusal).getMessage());
        report(done.incrementAndGet());
      } else {
        fail(Failures.cause(refusal));
      }
    } finally {
      countDown();
    }
  }

  /**
   * Returns whether the row is too large for the bucket: it was not written through this library,
   * or before a limit was lowered.
   */
  private static boolean isTooLarge(Throwable refusal) {
    return refusal instanceof PersistenceException failure
        && failure.error() == DataError.VALUE_TOO_LARGE;
  }

  private synchronized void fail(Throwable cause) {
    Throwable first = failure;
    if (first == null) {
      failure = cause;
    } else if (first != cause) {
      first.addSuppressed(cause);
    }
  }

  private void report(int now) {
    if (now % step == 0 || now == total) {
      tell(now);
    }
  }

  /** Acknowledgements arrive on several threads: what is reported must not go back. */
  private void tell(int now) {
    synchronized (progress) {
      if (now > reported) {
        reported = now;
        progress.accept(new Hydration.Progress(agent, now, total, bytes.get()));
      }
    }
  }

  private void countDown() {
    if (open.decrementAndGet() == 0) {
      ended.complete(null);
    }
  }

  private <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw typed(Failures.cause(e));
    } catch (TimeoutException e) {
      throw unfinished("not finished within " + LONGEST, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unfinished("interrupted", e);
    }
  }

  private TransientPersistenceException unfinished(String what, Exception cause) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED,
        "bucket " + tiers.reads().name() + ", hydration of agent " + agent + ": " + what,
        cause);
  }

  private static RuntimeException typed(Throwable cause) {
    if (cause instanceof PersistenceException persistence) {
      return persistence;
    }
    return cause instanceof RuntimeException other ? other : new CompletionException(cause);
  }
}
