package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.PersistenceListener;
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
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes out of KV what is flushed and was idle for its time to live, and out of PostgreSQL what was
 * deleted long ago.
 *
 * <p>The bucket itself never expires anything: the server would do so whether or not an entry was
 * flushed (tried: DESIGN section 3, rule 3). Idle entries are the first in the stream, so a sweep
 * reads from its beginning, without values, until it meets what is not idle or not flushed. Each is
 * removed up to its own sequence, which spares a write that comes in between. An entry that
 * PostgreSQL refused stays: KV has the only live copy.
 *
 * <p>Works on a thread of its own, so that a long sweep (an oldest server removes a few hundred
 * entries a second) does not hold up the flush, and only where {@code leading} says that this
 * runtime flushes.
 */
public final class Evictor {

  private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);
  private static final Duration NEXT = Duration.ofSeconds(1);
  private static final Duration ANSWERS = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final int CHUNK = 512;
  private static final int MOST_PER_SWEEP = 20_000;

  private final FlushTarget target;
  private final DeadLetterStore deadLetters;
  private final FlushConfig config;
  private final PersistenceListener listener;
  private final Clock clock;
  private final BooleanSupplier leading;
  private final Background thread;
  private Instant due;

  /** Sweeps {@code target} while {@code leading}; {@code clock} says what is idle. */
  public Evictor(
      FlushTarget target,
      DeadLetterStore deadLetters,
      FlushConfig config,
      PersistenceListener listener,
      ServiceHealth health,
      Clock clock,
      BooleanSupplier leading) {
    this.target = target;
    this.deadLetters = deadLetters;
    this.config = config;
    this.listener = listener;
    this.clock = clock;
    this.leading = leading;
    this.due = clock.instant().plus(config.sweepInterval());
    this.thread =
        Background.every(
            LOOK,
            "persistence-evict-" + target.name(),
            "idle entries stay in KV",
            health,
            this::look);
  }

  /** Begins to look for idle entries. */
  public void start() {
    thread.start();
  }

  /** Stops after the chunk under way; waits for that, at most so long. */
  public void close(Duration patience) {
    boolean unused = thread.close(patience);
  }

  private void look() {
    if (!leading.getAsBoolean() || clock.instant().isBefore(due)) {
      return;
    }
    due = clock.instant().plus(config.sweepInterval());
    try {
      sweep();
    } catch (PersistenceException e) {
      LOG.info(
          "bucket {}: the sweep for idle entries was cut short, the next one goes on: {}",
          target.name(),
          e.getMessage());
    }
  }

  private void sweep() {
    // Read anew: what another database, or this one before it was put back, had is not flushed.
    JournalPosition flushed = target.tracker().refresh();
    Instant idleSince = clock.instant().minus(config.idleTimeToLive());
    Map<String, Long> idle = idleEntries(flushed, idleSince);
    List<CompletableFuture<Void>> evictions = new ArrayList<>();
    for (Map.Entry<String, Long> entry : idle.entrySet()) {
      if (!thread.isOpen()) {
        break;
      }
      evictions.add(target.bucket().evict(entry.getKey(), entry.getValue()));
      if (evictions.size() == CHUNK) {
        Evictions.await(evictions, ANSWERS);
        evictions.clear();
        thread.alive();
      }
    }
    Evictions.await(evictions, ANSWERS);
    int swept = target.states().sweep(config.tombstoneRetention());
    if (!idle.isEmpty() || swept > 0) {
      LOG.debug(
          "bucket {}: {} idle entries evicted, {} old rows removed",
          target.name(),
          idle.size(),
          swept);
    }
    if (!idle.isEmpty()) {
      listener.onEvicted(target.name(), idle.size());
    }
  }

  /** The subjects that may go, each with the sequence up to which. */
  private Map<String, Long> idleEntries(JournalPosition flushed, Instant idleSince) {
    Map<String, Long> idle = new LinkedHashMap<>();
    BucketState stream = target.bucket().state();
    boolean anotherStream =
        !stream.created().equals(flushed.streamCreated())
            || stream.lastSequence() < flushed.sequence();
    if (anotherStream || stream.messages() == 0) {
      return idle;
    }
    Set<String> refused = deadLetters.openSubjects(target.name());
    try (JournalReader reader = target.bucket().read(JournalRange.from(1).withoutValues())) {
      Optional<JournalEntry> next = reader.next(NEXT);
      while (next.isPresent() && idle.size() < MOST_PER_SWEEP) {
        JournalEntry entry = next.get();
        if (entry.sequence() > flushed.sequence() || entry.time().isAfter(idleSince)) {
          return idle;
        }
        if (!refused.contains(entry.subject())) {
          idle.put(entry.subject(), entry.sequence());
        }
        if (entry.pending() == 0) {
          return idle;
        }
        next = reader.next(NEXT);
      }
    }
    return idle;
  }
}
