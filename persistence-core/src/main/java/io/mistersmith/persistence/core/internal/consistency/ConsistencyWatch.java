package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.CheckScope;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.time.Duration;
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
  private final Background thread;
  private Deadline sample;
  private Deadline look = Deadline.after(Duration.ZERO);

  ConsistencyWatch(
      ConsistencyCheck check,
      ConsistencyConfig config,
      PersistenceListener listener,
      ServiceHealth health,
      BooleanSupplier leading,
      String bucket) {
    this.check = check;
    this.config = config;
    this.listener = listener;
    this.leading = leading;
    this.sample = Deadline.after(config.interval());
    this.thread =
        Background.every(
            LOOK,
            "persistence-consistency-" + bucket,
            "the stores are not compared",
            health,
            this::compareWhatIsDue);
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

  /** Stops; waits for a check under way, at most so long. */
  void close(Duration patience) {
    boolean unused = thread.close(patience);
  }

  private void compareWhatIsDue() {
    if (!leading.getAsBoolean()) {
      return;
    }
    FlushReport violated = look.hasPassed() ? late.getAndSet(null) : null;
    if (violated != null) {
      look = Deadline.after(BETWEEN_LOOKS);
      int entries = Math.min(config.sampleSize(), Math.max(1, violated.entries()));
      carryOut(() -> check.checkUpTo(violated.through().sequence(), entries));
    }
    if (sample.hasPassed()) {
      sample = Deadline.after(config.interval());
      carryOut(() -> check.check(CheckScope.sample(config.sampleSize())));
    }
  }

  private void carryOut(Supplier<ConsistencyReport> work) {
    try {
      listener.onConsistencyChecked(work.get());
    } catch (PersistenceException e) {
      LOG.info("the stores were not compared, the next turn does it: {}", e.getMessage());
    }
  }
}
