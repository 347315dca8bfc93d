package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures the entries of a journal that are later than the position. Three short questions: the
 * position, the state of the stream, and, where something waits, the first message that does.
 * Thread-safe.
 */
public final class BacklogProbe {

  private static final Logger LOG = LoggerFactory.getLogger(BacklogProbe.class);
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final int MOST_WAITS = 6;
  private static final Duration NEXT = Duration.ofSeconds(2);
  private static final int MOST_COUNTED = 10_000;

  private final Journal journal;
  private final JournalTracker tracker;
  private final BooleanSupplier leading;
  private final Clock clock;
  private volatile long bytesWithoutBacklog = Long.MAX_VALUE;

  /** Probes {@code journal}; a leading runtime's own position is the latest. */
  public BacklogProbe(
      Journal journal, JournalTracker tracker, BooleanSupplier leading, Clock clock) {
    this.journal = journal;
    this.tracker = tracker;
    this.leading = leading;
    this.clock = clock;
  }

  /** Returns the present backlog. */
  public Backlog look() {
    return lookBehind(position());
  }

  /** Returns the backlog later than this position; asks only NATS. */
  public Backlog lookBehind(JournalPosition position) {
    BucketState stream = journal.state();
    if (stream.lastSequence() <= position.sequence() || stream.messages() == 0) {
      bytesWithoutBacklog = stream.bytes();
      return Backlog.NONE;
    }
    try (JournalReader reader = open(position)) {
      Optional<JournalEntry> first = first(reader, stream);
      if (first.isEmpty()) {
        return Backlog.NONE;
      }
      long messages = first.get().pending() + 1;
      Duration age = Duration.between(first.get().time(), clock.instant());
      return new Backlog(messages, bytes(messages, stream), age.isNegative() ? Duration.ZERO : age);
    }
  }

  /**
   * Returns the number of keys that have a message later than the position. Beyond the counted
   * messages, each message counts as one key.
   */
  public long dirtyKeys() {
    JournalPosition position = position();
    BucketState stream = journal.state();
    if (stream.lastSequence() <= position.sequence()) {
      return 0;
    }
    Set<String> subjects = new HashSet<>();
    try (JournalReader reader = open(position)) {
      Optional<JournalEntry> next = first(reader, stream);
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

  /**
   * Returns the first waiting message; empty when all were removed. That nothing comes in a moment
   * does not say so: the server may be slow.
   */
  private Optional<JournalEntry> first(JournalReader reader, BucketState stream) {
    Optional<JournalEntry> first = reader.next(FIRST);
    for (int i = 1; first.isEmpty() && reader.position() < stream.lastSequence(); i++) {
      if (i == MOST_WAITS) {
        throw new TransientPersistenceException(
            DataError.TIMEOUT,
            "bucket "
                + journal.name()
                + ": none of the waiting messages came in time, so the backlog is unknown; try"
                + " again");
      }
      first = reader.next(FIRST);
    }
    return first;
  }

  private JournalReader open(JournalPosition position) {
    return journal.read(JournalRange.from(position.sequence() + 1).withoutValues());
  }

  private JournalPosition position() {
    if (!leading.getAsBoolean()) {
      try {
        return tracker.refresh();
      } catch (PersistenceException e) {
        LOG.debug("bucket {}: the last known position it is: {}", journal.name(), e.getMessage());
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
