package io.mistersmith.persistence.core.internal.backpressure;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.consistency.BacklogProbe;
import io.mistersmith.persistence.core.internal.journal.JournalTracker;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.Backlog;
import io.mistersmith.persistence.monitor.BackpressureEvent;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalPosition;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the backlog again and again, and works the gate.
 *
 * <p>Two threads, so that a PostgreSQL that hangs holds up the position alone: it then stays where
 * it was last seen, which is where it is, and the backlog is still measured against it. A look that
 * shows nothing of interest is one question to NATS.
 */
public final class PressureWatch {

  private static final Logger LOG = LoggerFactory.getLogger(PressureWatch.class);

  private final HotBucket bucket;
  private final JournalTracker tracker;
  private final BacklogProbe probe;
  private final PressureGate gate;
  private final BackpressureConfig config;
  private final PersistenceListener listener;
  private final BooleanSupplier leading;
  private final Background looking;
  private final Background following;
  private long lastSeen = Long.MAX_VALUE;

  /** Works {@code gate}; {@code leading} says whether this runtime moves the position itself. */
  public PressureWatch(
      HotBucket bucket,
      JournalTracker tracker,
      BacklogProbe probe,
      PressureGate gate,
      BackpressureConfig config,
      PersistenceListener listener,
      ServiceHealth health,
      BooleanSupplier leading) {
    this.bucket = bucket;
    this.tracker = tracker;
    this.probe = probe;
    this.gate = gate;
    this.config = config;
    this.listener = listener;
    this.leading = leading;
    this.looking =
        Background.every(
            config.interval(),
            "persistence-backlog-" + bucket.name(),
            "backpressure stays as it is",
            health,
            () -> unlessAway(this::look));
    this.following =
        Background.every(
            config.interval(),
            "persistence-position-" + bucket.name(),
            "backpressure goes by an old position",
            health,
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
      LOG.debug("bucket {}: backlog not measured: {}", bucket.name(), e.getMessage());
    }
  }

  private void follow() {
    if (!leading.getAsBoolean()) {
      tracker.refresh();
    }
  }

  private void look() {
    JournalPosition position = tracker.position();
    BucketState stream = bucket.state();
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
                    bucket.name(),
                    config.policy(),
                    change.reason());
              } else {
                LOG.info("bucket {}: writes are free again", bucket.name());
              }
              listener.onBackpressure(
                  new BackpressureEvent(bucket.name(), change.closed(), change.reason(), backlog));
            });
  }
}
