package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides when a batch is closed: at enough dirty keys, at enough bytes, when its first entry has
 * waited long enough, or when somebody asked for its entries at once. What has already arrived by
 * then is still taken, up to the bounds, so that a backlog is worked off in large transactions.
 */
final class BatchCollector {

  /** A nudge is noticed within this time. */
  private static final Duration SLICE = Duration.ofMillis(5);

  private final FlushConfig config;
  private final Urgency urgency;
  private final BatchLimit limit;

  BatchCollector(FlushConfig config, Urgency urgency, BatchLimit limit) {
    this.config = config;
    this.urgency = urgency;
    this.limit = limit;
  }

  /** The next batch behind this position; empty when nothing arrived in {@code idle}. */
  Batch collect(JournalReader reader, JournalPosition position, Duration idle) {
    Batch batch = new Batch(position);
    Optional<JournalEntry> next = reader.next(idle);
    Deadline age = Deadline.after(config.maxAge());
    while (true) {
      next.ifPresent(batch::add);
      if (batch.entries() >= limit.entries() || batch.bytes() >= config.maxBytes()) {
        return batch;
      }
      boolean due =
          batch.isEmpty()
              || batch.keys() >= config.dirtyKeys()
              || age.hasPassed()
              || urgency.isAmong(batch.firstSequence(), batch.lastSequence());
      next = reader.next(due ? Duration.ZERO : age.left(SLICE));
      if (due && next.isEmpty()) {
        return batch;
      }
    }
  }
}
