package io.mistersmith.persistence.core.internal.state.backpressure;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.consistency.BacklogProbe;
import io.mistersmith.persistence.core.internal.state.journal.JournalTracker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the backlog again and again, and works the gate.
 *
 * <p>Two services, so that a PostgreSQL that hangs holds up the position alone: it then stays where
 * it was last seen, which is where it is, and the backlog is still measured against it. A look that
 * shows nothing of interest is one question to NATS.
 */
public final class PressureWatch {

  private static final Logger LOG = LoggerFactory.getLogger(PressureWatch.class);

  private final Journal journal;
  private final JournalTracker tracker;
  private final BacklogProbe probe;
  private final PressureGate gate;
  private final BackpressureConfig config;
  private final PersistenceListener listener;
  private final BooleanSupplier known;
  private final PeriodicService looking;
  private final PeriodicService following;
  private long lastSeen = Long.MAX_VALUE;

  /**
   * Works {@code gate}; {@code known} says whether this runtime moves the position itself or hears
   * of it.
   */
  public PressureWatch(
      Journal journal,
      JournalTracker tracker,
      BacklogProbe probe,
      PressureGate gate,
      BackpressureConfig config,
      PersistenceListener listener,
      Services services,
      BooleanSupplier known) {
    this.journal = journal;
    this.tracker = tracker;
    this.probe = probe;
    this.gate = gate;
    this.config = config;
    this.listener = listener;
    this.known = known;
    this.looking =
        services.every(
            config.interval(),
            "persistence-backlog-" + journal.name(),
            "backpressure stays as it is",
            () -> unlessAway(this::look));
    this.following =
        services.every(
            config.interval(),
            "persistence-position-" + journal.name(),
            "backpressure goes by an old position",
            () -> unlessAway(this::follow));
  }

  /** Begins to look. */
  public void start() {
    looking.start();
    following.start();
  }

  /** Stops; waits for that, at most so long. */
  public void close(Duration patience) {
    looking.stop();
    following.stop();
    boolean unused = looking.close(patience);
    boolean unusedToo = following.close(patience);
  }

  private void unlessAway(Runnable turn) {
    try {
      turn.run();
    } catch (PersistenceException e) {
      LOG.debug("bucket {}: backlog not measured: {}", journal.name(), e.getMessage());
    }
  }

  private void follow() {
    if (!known.getAsBoolean()) {
      tracker.refresh();
    }
  }

  private void look() {
    JournalPosition position = tracker.position();
    BucketState stream = journal.state();
    long behind = stream.lastSequence() - position.sequence();
    boolean young = position.sequence() >= lastSeen;
    lastSeen = stream.lastSequence();
    boolean harmless =
        behind <= 0
            || (young
                && behind <= config.maxEntries() * config.resumeAt()
                && stream.bytes() <= config.maxBytes() * config.resumeAt());
    Backlog backlog = harmless ? Backlog.NONE : probe.lookBehind(position);
    gate.decide(backlog)
        .ifPresent(
            change -> {
              if (change.closed()) {
                LOG.warn(
                    "bucket {}: writes are slowed down ({}), because {}; bring PostgreSQL back or"
                        + " make it faster",
                    journal.name(),
                    config.policy(),
                    change.reason());
              } else {
                LOG.info("bucket {}: writes are free again", journal.name());
              }
              listener.on(
                  new PersistenceEvent.BackpressureChanged(
                      journal.name(), change.closed(), change.reason(), backlog));
            });
  }
}
