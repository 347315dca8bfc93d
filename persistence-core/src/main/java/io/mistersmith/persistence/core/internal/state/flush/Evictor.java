package io.mistersmith.persistence.core.internal.state.flush;

import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes entries from KV that are flushed and were idle for their time to live, and rows of keys
 * from PostgreSQL that were deleted long ago or are of logs that were truncated, and contents of
 * large values that nothing names.
 *
 * <p>The bucket itself never expires anything: the server would do so whether or not an entry was
 * flushed. Idle entries are the first in the stream, so a {@link Sweep} reads from its beginning,
 * without values, until it meets what is not idle or not flushed for long enough, however much that
 * is. Each entry is removed up to its own sequence, which spares a write that comes in between. An
 * entry that PostgreSQL refused stays: KV has the only live copy. While a backup of both stores
 * runs, everything stays: what was flushed after the backup of PostgreSQL began is in no backup
 * yet.
 *
 * <p>Is a service of its own, so that a long sweep (an oldest server removes a few hundred entries
 * a second) does not hold up the flush, and only where {@code leading} says that this runtime
 * flushes.
 */
public final class Evictor {

  private static final Logger LOG = LoggerFactory.getLogger(Evictor.class);
  private static final Duration LOOK = Duration.ofMillis(500);

  private final FlushTarget target;
  private final SqlAccess sql;
  private final FlushConfig config;
  private final PersistenceListener listener;
  private final Clock clock;
  private final BooleanSupplier leading;
  private final PeriodicService service;
  private final LargeValueSweep largeValues;
  private final Lease lease;
  private Instant due;

  /**
   * Sweeps {@code target} while {@code leading}, in the name of {@code holder}; {@code clock} says
   * what is idle.
   */
  public Evictor(
      FlushTarget target,
      SqlAccess sql,
      FlushConfig config,
      PersistenceListener listener,
      Services services,
      Clock clock,
      BooleanSupplier leading,
      String holder) {
    this.target = target;
    this.sql = sql;
    this.config = config;
    this.listener = listener;
    this.clock = clock;
    this.leading = leading;
    this.largeValues =
        new LargeValueSweep(target, sql.largeValues(), config.idleTimeToLive(), clock);
    this.lease = Lease.ofEvictions(target.journals(), target.name(), holder);
    this.due = clock.instant().plus(config.sweepInterval());
    this.service =
        services.every(
            LOOK, "persistence-evict-" + target.name(), "idle entries stay in KV", this::look);
  }

  /** Begins to look for idle entries. */
  public void start() {
    service.start();
  }

  /** Stops after the turn under way; waits for that, at most so long. */
  public void close(Duration patience) {
    boolean unused = service.close(patience);
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
    int evicted = evict();
    int swept = sql.states().sweep(config.tombstoneRetention()) + sweepLogs();
    int contents = removeLargeValues();
    if (evicted > 0 || swept > 0 || contents > 0) {
      LOG.debug(
          "bucket {}: {} idle entries evicted, {} old rows and {} contents of large values removed",
          target.name(),
          evicted,
          swept,
          contents);
    }
  }

  private int evict() {
    if (!lease.ask()) {
      return 0;
    }
    Sweep sweep = new Sweep(target, sql.deadLetters(), config.idleTimeToLive(), clock, lease::hold);
    int evicted = 0;
    try {
      while (!sweep.isOver() && service.isOpen() && lease.hold()) {
        int entries = sweep.turn();
        service.alive();
        if (entries > 0) {
          evicted += entries;
          listener.on(new PersistenceEvent.Evicted(target.name(), entries));
        }
      }
    } finally {
      lease.release();
    }
    return evicted;
  }

  /** Takes turns for as long as lies between two sweeps; the next one goes on. */
  private int sweepLogs() {
    Deadline end = Deadline.after(config.sweepInterval());
    int deleted = 0;
    target.logs().begin();
    while (!target.logs().isOver() && service.isOpen() && !end.hasPassed()) {
      deleted += target.logs().turn();
      service.alive();
    }
    return deleted;
  }

  /** Takes turns for as long as lies between two sweeps, so that idle entries are looked for. */
  private int removeLargeValues() {
    Deadline end = Deadline.after(config.sweepInterval());
    int removed = 0;
    boolean more = true;
    while (more && service.isOpen()) {
      LargeValueSweep.Turn turn = largeValues.turn();
      service.alive();
      removed += turn.removed();
      more = turn.mayGoOn() && !end.hasPassed();
    }
    return removed;
  }
}
