package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.CheckScope;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a sample now and then, on a thread of its own, in the runtime that flushes; and looks at
 * what was committed too late (seed section 7.1), at most every ten seconds.
 */
public final class ConsistencyWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ConsistencyWatch.class);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

  private final ConsistencyCheck check;
  private final ConsistencyConfig config;
  private final PersistenceListener listener;
  private final BooleanSupplier leading;
  private final AtomicReference<FlushReport> late = new AtomicReference<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  ConsistencyWatch(
      ConsistencyCheck check,
      ConsistencyConfig config,
      PersistenceListener listener,
      BooleanSupplier leading,
      String bucket) {
    this.check = check;
    this.config = config;
    this.listener = listener;
    this.leading = leading;
    this.thread = new Thread(this::run, "persistence-consistency-" + bucket);
    this.thread.setDaemon(true);
  }

  /** Has a look taken at what this flush committed, because some of it was late. */
  void wasLate(FlushReport report) {
    late.set(report);
  }

  /** Begins, unless the configuration says never. */
  void start() {
    if (!config.interval().isZero()) {
      thread.start();
    }
  }

  /** Stops; waits for a check under way, but not for ever. */
  void close(Duration patience) {
    stop.countDown();
    try {
      thread.join(Math.max(1, patience.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    Deadline sample = Deadline.after(config.interval());
    Deadline look = Deadline.after(Duration.ZERO);
    try {
      while (!stop.await(LOOK.toNanos(), TimeUnit.NANOSECONDS)) {
        if (!leading.getAsBoolean()) {
          continue;
        }
        FlushReport violated = look.hasPassed() ? late.getAndSet(null) : null;
        if (violated != null) {
          int entries = Math.min(config.sampleSize(), Math.max(1, violated.entries()));
          carryOut(() -> check.checkUpTo(violated.through().sequence(), entries));
          look = Deadline.after(BETWEEN_LOOKS);
        }
        if (sample.hasPassed()) {
          carryOut(() -> check.check(CheckScope.sample(config.sampleSize())));
          sample = Deadline.after(config.interval());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void carryOut(Supplier<ConsistencyReport> work) {
    try {
      listener.onConsistencyChecked(work.get());
    } catch (PersistenceException e) {
      LOG.info("the stores were not compared, the next turn does it: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("the stores could not be compared for a reason that should not occur", e);
    }
  }
}
