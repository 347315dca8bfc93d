package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Decides when a batch is closed: at enough dirty keys, at enough bytes, when its first entry has
 * waited long enough, or when a caller asked for its entries at once. Entries that have already
 * arrived by then are still taken, up to the bounds, so that a backlog is worked off in large
 * transactions. A batch never ends within a step; see {@link WholeSteps}.
 */
final class BatchCollector {

  /** A nudge is noticed within this time. */
  private static final Duration SLICE = Duration.ofMillis(5);

  private final FlushConfig config;
  private final Urgency urgency;
  private final BatchLimit limit;
  private final Supplier<WholeSteps> steps;

  BatchCollector(
      FlushConfig config, Urgency urgency, BatchLimit limit, Supplier<WholeSteps> steps) {
    this.config = config;
    this.urgency = urgency;
    this.limit = limit;
    this.steps = steps;
  }

  /** Returns the batch behind this position that begins with {@code first}, if there is one. */
  Batch collect(Optional<JournalEntry> first, JournalReader reader, JournalPosition position) {
    Batch batch = new Batch(position);
    WholeSteps whole = steps.get();
    Optional<JournalEntry> next = first;
    Deadline age = Deadline.after(config.maxAge());
    while (true) {
      next.ifPresent(
          entry -> {
            batch.add(entry);
            whole.add(entry);
          });
      if (isFull(batch, whole)) {
        return batch;
      }
      boolean due =
          batch.isEmpty()
              || batch.keys() >= config.dirtyKeys()
              || age.hasPassed()
              || urgency.isAmong(batch.firstSequence(), batch.lastSequence());
      boolean waits = due && !whole.isSettled();
      next = reader.next(waits ? SLICE : due ? Duration.ZERO : age.left(SLICE));
      if (next.isEmpty() && (waits ? whole.isRestGone(reader.position()) : due)) {
        return batch;
      }
    }
  }

  private boolean isFull(Batch batch, WholeSteps whole) {
    int growth = whole.isSettled() ? 1 : WholeSteps.MOST_GROWTH;
    return whole.isWhole()
        && (batch.entries() >= (long) limit.entries() * growth
            || batch.bytes() >= config.maxBytes() * growth);
  }
}
