package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Entries of the journal on their way into one transaction: of each key only the last write, and
 * apart from them the hydrations, which are no writes. Used by one thread.
 */
final class Batch {

  private final JournalPosition previous;
  private final Map<String, StateChange> changes = new LinkedHashMap<>();
  private final List<JournalEntry> hydrations = new ArrayList<>();
  private final List<JournalEntry> traced = new ArrayList<>();
  private final List<Optional<AgentId>> owners = new ArrayList<>();
  private Instant[] writeTimes = new Instant[64];
  private int writes;
  private long bytes;
  private long firstSequence;
  private long lastSequence;
  private Instant lastTime = Instant.EPOCH;

  Batch(JournalPosition previous) {
    this.previous = previous;
  }

  void add(JournalEntry entry) {
    if (isEmpty()) {
      firstSequence = entry.sequence();
    }
    lastSequence = entry.sequence();
    lastTime = entry.time();
    bytes += entry.value().length;
    if (entry.metadata().hydrated().isPresent()) {
      hydrations.add(entry);
      return;
    }
    if (writes == writeTimes.length) {
      writeTimes = Arrays.copyOf(writeTimes, writes * 2);
    }
    writeTimes[writes++] = entry.time();
    owners.add(entry.key().map(StateKey::agent));
    if (entry.metadata().trace().isPresent() && traced.size() < CallObserver.MOST_TRACES_A_BATCH) {
      traced.add(entry);
    }
    Revision.OfJournal revision =
        new Revision.OfJournal(previous.epochOf(entry.sequence()), entry.sequence());
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
            entry.metadata().expiresAt(),
            entry.metadata().provenance(),
            entry.unreadable(),
            entry.metadata().step().isEmpty() ? Optional.empty() : entry.metadata().writeId(),
            entry.metadata().actor()));
  }

  boolean isEmpty() {
    return entries() == 0;
  }

  int entries() {
    return writes + hydrations.size();
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
    return lastTime;
  }

  List<StateChange> changes() {
    return List.copyOf(changes.values());
  }

  List<JournalEntry> hydrations() {
    return hydrations;
  }

  /** Returns the first writes that bear a trace of their writer. */
  List<JournalEntry> traced() {
    return traced;
  }

  /** Returns the owner of each write. */
  List<Optional<AgentId>> owners() {
    return owners;
  }

  /** Returns the age of each write. Hydrations are not writes and not included. */
  long[] lagNanos(Instant committed) {
    long[] lags = new long[writes];
    for (int i = 0; i < writes; i++) {
      lags[i] = Math.max(0, Duration.between(writeTimes[i], committed).toNanos());
    }
    return lags;
  }
}
