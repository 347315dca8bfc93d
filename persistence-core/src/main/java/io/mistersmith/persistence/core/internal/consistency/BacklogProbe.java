package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.Backlog;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks what waits in a journal behind the position. Three short questions: the position, the state
 * of the stream, and, where something waits, the first message that does. Thread-safe.
 */
public final class BacklogProbe {

  private static final Logger LOG = LoggerFactory.getLogger(BacklogProbe.class);
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration NEXT = Duration.ofSeconds(2);
  private static final int MOST_COUNTED = 10_000;

  private final HotBucket bucket;
  private final JournalTracker tracker;
  private final BooleanSupplier leading;
  private final Clock clock;
  private volatile long bytesWithoutBacklog = Long.MAX_VALUE;

  /** Probes the journal of {@code bucket}; a leading runtime's own position is the latest. */
  public BacklogProbe(
      HotBucket bucket, JournalTracker tracker, BooleanSupplier leading, Clock clock) {
    this.bucket = bucket;
    this.tracker = tracker;
    this.leading = leading;
    this.clock = clock;
  }

  /** What waits now. */
  public Backlog look() {
    return lookBehind(position());
  }

  /** What waits behind this position; asks NATS alone. */
  public Backlog lookBehind(JournalPosition position) {
    BucketState stream = bucket.state();
    if (stream.lastSequence() <= position.sequence() || stream.messages() == 0) {
      bytesWithoutBacklog = stream.bytes();
      return Backlog.NONE;
    }
    try (JournalReader reader = open(position)) {
      Optional<JournalEntry> first = reader.next(FIRST);
      if (first.isEmpty()) {
        return Backlog.NONE;
      }
      long messages = first.get().pending() + 1;
      Duration age = Duration.between(first.get().time(), clock.instant());
      return new Backlog(messages, bytes(messages, stream), age.isNegative() ? Duration.ZERO : age);
    }
  }

  /**
   * How many keys have a message behind the position; further messages than are counted count as a
   * key each.
   */
  public long dirtyKeys() {
    JournalPosition position = position();
    if (bucket.state().lastSequence() <= position.sequence()) {
      return 0;
    }
    Set<String> subjects = new HashSet<>();
    try (JournalReader reader = open(position)) {
      Optional<JournalEntry> next = reader.next(FIRST);
      for (int i = 1; next.isPresent(); i++) {
        if (next.get().metadata().hydrated().isEmpty()) {
          subjects.add(next.get().subject());
        }
        long pending = next.get().pending();
        if (pending == 0 || i == MOST_COUNTED) {
          return subjects.size() + pending;
        }
        next = reader.next(NEXT);
      }
      return subjects.size();
    }
  }

  private JournalReader open(JournalPosition position) {
    return bucket.read(JournalRange.from(position.sequence() + 1).withoutValues());
  }

  private JournalPosition position() {
    if (!leading.getAsBoolean()) {
      try {
        return tracker.refresh();
      } catch (PersistenceException e) {
        LOG.debug("bucket {}: the last known position it is: {}", bucket.name(), e.getMessage());
      }
    }
    return tracker.position();
  }

  private long bytes(long messages, BucketState stream) {
    double share = Math.min(1, (double) messages / Math.max(1, stream.messages()));
    long grown = Math.max(0, stream.bytes() - bytesWithoutBacklog);
    return Math.min(stream.bytes(), Math.max((long) (share * stream.bytes()), grown));
  }
}
