package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares a sample now and then in the runtime that flushes; and looks at what was committed too
 * late, at most every ten seconds.
 */
public final class ConsistencyWatch {

  private static final Logger LOG = LoggerFactory.getLogger(ConsistencyWatch.class);
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(10);

  private final ConsistencyCheck check;
  private final ConsistencyConfig config;
  private final PersistenceListener listener;
  private final BooleanSupplier leading;
  private final AtomicReference<PersistenceEvent.Flushed> late = new AtomicReference<>();
  private final PeriodicService service;
  private Deadline sample;
  private Deadline look = Deadline.after(Duration.ZERO);

  ConsistencyWatch(
      ConsistencyCheck check,
      ConsistencyConfig config,
      PersistenceListener listener,
      Services services,
      BooleanSupplier leading,
      String bucket) {
    this.check = check;
    this.config = config;
    this.listener = listener;
    this.leading = leading;
    this.sample = Deadline.after(config.interval());
    this.service =
        services.every(
            LOOK,
            "persistence-consistency-" + bucket,
            "the stores are not compared",
            this::compareWhatIsDue);
  }

  /** Requests a comparison of the entries that this flush committed, because some were late. */
  void wasLate(PersistenceEvent.Flushed report) {
    late.set(report);
  }

  /** Begins, unless the configuration says never. */
  void start() {
    if (!config.interval().isZero()) {
      service.start();
    }
  }

  /** Stops; waits for a check under way, at most so long. */
  void close(Duration patience) {
    boolean unused = service.close(patience);
  }

  private void compareWhatIsDue() {
    if (!leading.getAsBoolean()) {
      return;
    }
    PersistenceEvent.Flushed violated = look.hasPassed() ? late.getAndSet(null) : null;
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
      listener.on(new PersistenceEvent.ConsistencyChecked(work.get()));
    } catch (PersistenceException e) {
      LOG.info("the stores were not compared, the next turn does it: {}", e.getMessage());
    }
  }
}
