package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Entries of the journal on their way into one transaction: of each key only the last write, and
 * apart from them the hydrations, which are no writes. Used by one thread.
 */
final class Batch {

  private final JournalPosition previous;
  private final Map<String, StateChange> changes = new LinkedHashMap<>();
  private final List<JournalEntry> hydrations = new ArrayList<>();
  private Instant[] times = new Instant[64];
  private int entries;
  private long bytes;
  private long firstSequence;
  private long lastSequence;

  Batch(JournalPosition previous) {
    this.previous = previous;
  }

  void add(JournalEntry entry) {
    if (entries == times.length) {
      times = Arrays.copyOf(times, entries * 2);
    }
    if (entries == 0) {
      firstSequence = entry.sequence();
    }
    times[entries++] = entry.time();
    lastSequence = entry.sequence();
    if (entry.metadata().hydrated().isPresent()) {
      hydrations.add(entry);
      return;
    }
    bytes += entry.value().length;
    Revision revision = new Revision(previous.epochOf(entry.sequence()), entry.sequence());
    // Removed first, so that a key written again moves to the end.
    changes.remove(entry.subject());
    changes.put(
        entry.subject(),
        new StateChange(
            entry.subject(),
            entry.key(),
            entry.operation(),
            entry.value(),
            revision,
            entry.time(),
            entry.metadata().expiresAt()));
  }

  boolean isEmpty() {
    return entries == 0;
  }

  int entries() {
    return entries;
  }

  int keys() {
    return changes.size();
  }

  long bytes() {
    return bytes;
  }

  long firstSequence() {
    return firstSequence;
  }

  long lastSequence() {
    return lastSequence;
  }

  Instant lastTime() {
    return times[entries - 1];
  }

  List<StateChange> changes() {
    return List.copyOf(changes.values());
  }

  List<JournalEntry> hydrations() {
    return hydrations;
  }

  long[] lagNanos(Instant committed) {
    long[] lags = new long[entries];
    for (int i = 0; i < entries; i++) {
      lags[i] = Math.max(0, Duration.between(times[i], committed).toNanos());
    }
    return lags;
  }
}
