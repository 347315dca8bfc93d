package io.mistersmith.persistence.core.internal.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.DeadLetterStore;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes out of KV what is flushed and was idle for its time to live, and out of PostgreSQL what was
 * deleted long ago.
 *
 * <p>The bucket itself never expires anything: the server would do so whether or not an entry was
 * flushed. Idle entries are the first in the stream, so a {@link Sweep} reads from its beginning,
 * without values, until it meets what is not idle or not flushed for long enough, however much that
 * is. Each entry is removed up to its own sequence, which spares a write that comes in between. An
 * entry that PostgreSQL refused stays: KV has the only live copy.
 *
 * <p>Works on a thread of its own, so that a long sweep (an oldest server removes a few hundred
 * entries a second) does not hold up the flush, and only where {@code leading} says that this
 * runtime flushes.
 */
public final class Evictor {

  private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);
  private static final Duration LOOK = Duration.ofMillis(100);

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

  /** Stops after the turn under way; waits for that, at most so long. */
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
    Sweep sweep = new Sweep(target, deadLetters, config.idleTimeToLive(), clock);
    int evicted = 0;
    while (!sweep.isOver() && thread.isOpen()) {
      int entries = sweep.turn();
      thread.alive();
      if (entries > 0) {
        evicted += entries;
        listener.onEvicted(target.name(), entries);
      }
    }
    int swept = target.states().sweep(config.tombstoneRetention());
    if (evicted > 0 || swept > 0) {
      LOG.debug(
          "bucket {}: {} idle entries evicted, {} old rows removed", target.name(), evicted, swept);
    }
  }
}
