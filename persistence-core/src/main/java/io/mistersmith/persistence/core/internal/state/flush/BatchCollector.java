package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.util.Optional;

/**
 * Decides when a batch is closed: at enough dirty keys, at enough bytes, when its first entry has
 * waited long enough, or when a caller asked for its entries at once. Entries that have already
 * arrived by then are still taken, up to the bounds, so that a backlog is worked off in large
 * transactions.
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

  /** Returns the batch behind this position that begins with {@code first}, if there is one. */
  Batch collect(Optional<JournalEntry> first, JournalReader reader, JournalPosition position) {
    Batch batch = new Batch(position);
    Optional<JournalEntry> next = first;
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
