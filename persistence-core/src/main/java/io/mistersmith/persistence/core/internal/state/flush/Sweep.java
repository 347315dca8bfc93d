package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.DeadLetterStore;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Goes once through what is idle in a bucket, in turns: a turn reads some entries from where the
 * last one ended, and evicts them. So neither memory nor the wait for answers grows with the number
 * of idle entries. Used by one thread.
 *
 * <p>An entry is idle when its write and its commit are both old enough. Until its commit is, a
 * replica of PostgreSQL that lags may lack it, and KV has the copy that is left when that replica
 * takes over. Each turn asks PostgreSQL again, so that nothing is evicted while it is away or after
 * it was put back.
 */
final class Sweep {

  private static final Duration NEXT = Duration.ofSeconds(1);
  private static final Duration ANSWERS = Duration.ofSeconds(30);
  private static final int KEYS_PER_TURN = 4_096;

  private final FlushTarget target;
  private final DeadLetterStore deadLetters;
  private final Duration idleTimeToLive;
  private final Clock clock;
  private final BooleanSupplier allowed;
  private long nextSequence = 1;
  private boolean over;

  /** Whether nothing was left behind so far that must stay. */
  private boolean fromTheBeginning = true;

  /** Evicts nothing, and is over, once {@code allowed} says no. */
  Sweep(
      FlushTarget target,
      DeadLetterStore deadLetters,
      Duration idleTimeToLive,
      Clock clock,
      BooleanSupplier allowed) {
    this.target = target;
    this.deadLetters = deadLetters;
    this.idleTimeToLive = idleTimeToLive;
    this.clock = clock;
    this.allowed = allowed;
  }

  /** Whether there is nothing left that a turn would evict. */
  boolean isOver() {
    return over;
  }

  /** Evicts the next idle entries, and returns how many. */
  int turn() {
    Map<String, Long> idle = nextIdle();
    if (!allowed.getAsBoolean()) {
      over = true;
      return 0;
    }
    if (!idle.isEmpty()) {
      // Sent only once the reader is closed: the server adjusts each open consumer at each one.
      Evictions.await(List.of(target.writes().evictAll(idle, removable())), ANSWERS);
    }
    return idle.size();
  }

  /**
   * Returns the sequence up to which all messages may be removed. Looks at the stream once more: if
   * it was recreated meanwhile, the sequences that were read name other messages.
   */
  private long removable() {
    return fromTheBeginning && target.tracker().isOfThisStream() ? nextSequence - 1 : 0;
  }

  /** The next subjects that may go, each with the sequence up to which. */
  private Map<String, Long> nextIdle() {
    JournalPosition flushed = target.tracker().refresh();
    long committed =
        Math.min(flushed.sequence(), target.journals().appliedFor(flushed, idleTimeToLive));
    BucketState stream = target.journal().state();
    boolean anotherStream =
        !stream.created().equals(flushed.streamCreated())
            || stream.lastSequence() < flushed.sequence();
    nextSequence = Math.max(nextSequence, stream.firstSequence());
    if (anotherStream || stream.messages() == 0 || committed < nextSequence) {
      over = true;
      return Map.of();
    }
    return read(committed, clock.instant().minus(idleTimeToLive));
  }

  private Map<String, Long> read(long committed, Instant idleSince) {
    Set<String> refused = deadLetters.openSubjects(target.name());
    Map<String, Long> idle = new LinkedHashMap<>();
    try (JournalReader reader =
        target.journal().read(JournalRange.from(nextSequence).withoutValues())) {
      while (idle.size() < KEYS_PER_TURN) {
        Optional<JournalEntry> next = reader.next(NEXT);
        if (next.isEmpty()
            || next.get().sequence() > committed
            || next.get().time().isAfter(idleSince)) {
          over = true;
          return idle;
        }
        JournalEntry entry = next.get();
        if (refused.contains(entry.subject())) {
          fromTheBeginning = false;
        } else {
          idle.put(entry.subject(), entry.sequence());
        }
        nextSequence = entry.sequence() + 1;
        if (entry.pending() == 0) {
          over = true;
          return idle;
        }
      }
    }
    return idle;
  }
}
