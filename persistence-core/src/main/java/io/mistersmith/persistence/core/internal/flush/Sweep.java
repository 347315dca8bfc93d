package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.DeadLetterStore;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

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
  private long nextSequence = 1;
  private boolean over;

  Sweep(FlushTarget target, DeadLetterStore deadLetters, Duration idleTimeToLive, Clock clock) {
    this.target = target;
    this.deadLetters = deadLetters;
    this.idleTimeToLive = idleTimeToLive;
    this.clock = clock;
  }

  /** Whether there is nothing left that a turn would evict. */
  boolean isOver() {
    return over;
  }

  /** Evicts the next idle entries, and returns how many. */
  int turn() {
    Map<String, Long> idle = nextIdle();
    List<CompletableFuture<Void>> evictions = new ArrayList<>(idle.size());
    // Sent only once the reader is closed: the server adjusts each open consumer at each eviction.
    idle.forEach((subject, through) -> evictions.add(target.bucket().evict(subject, through)));
    Evictions.await(evictions, ANSWERS);
    return evictions.size();
  }

  /** The next subjects that may go, each with the sequence up to which. */
  private Map<String, Long> nextIdle() {
    JournalPosition flushed = target.tracker().refresh();
    long committed =
        Math.min(flushed.sequence(), target.journals().appliedFor(flushed, idleTimeToLive));
    BucketState stream = target.bucket().state();
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
        target.bucket().read(JournalRange.from(nextSequence).withoutValues())) {
      while (idle.size() < KEYS_PER_TURN) {
        Optional<JournalEntry> next = reader.next(NEXT);
        if (next.isEmpty()
            || next.get().sequence() > committed
            || next.get().time().isAfter(idleSince)) {
          over = true;
          return idle;
        }
        JournalEntry entry = next.get();
        if (!refused.contains(entry.subject())) {
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
