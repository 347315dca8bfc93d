package io.mistersmith.persistence.core.internal.event;

import io.mistersmith.persistence.config.ChangeFeedConfig;
import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.Lease;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.spi.hot.StreamStore;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import io.mistersmith.persistence.spi.sql.OutboxStore.Position;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings committed changes from the outbox to the streams, on a thread of its own, for all runtimes
 * while it holds the lease.
 *
 * <p>Nothing is remembered here. Each session reads the position from PostgreSQL, and what the
 * streams have after the last finished batch; so a batch that was interrupted is completed, by
 * whichever runtime, and no change is skipped. A failure ends the session.
 */
public final class ChangeRelay {

  /** The name of the lease, whose row says which runtime publishes. */
  public static final String LEASE = "change-feed";

  private static final Logger LOG = LoggerFactory.getLogger(ChangeRelay.class);

  /** At most so often a batch is made: each costs PostgreSQL two small commits. */
  private static final Duration BETWEEN_BATCHES = Duration.ofMillis(20);

  /** How often a runtime that does not publish asks for the lease, at least. */
  private static final Duration LOOK = Duration.ofMillis(500);

  private static final long PORTION_BYTES = 4L * 1024 * 1024;

  private final OutboxStore outbox;
  private final Lease lease;
  private final FeedStreams streams;
  private final ChangeFeedConfig config;
  private final PersistenceListener listener;
  private final Clock clock;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final LoopService thread;
  private Deadline next = Deadline.after(Duration.ZERO);
  private boolean told;
  private volatile boolean paused;
  private volatile @Nullable RuntimeException failure;

  /** Publishes from {@code outbox} to {@code streams}; {@link #start} begins. */
  public ChangeRelay(
      OutboxStore outbox,
      Lease lease,
      StreamStore streams,
      ChangeFeedConfig config,
      PersistenceListener listener,
      Clock clock,
      Services services) {
    this.outbox = outbox;
    this.lease = lease;
    this.streams = new FeedStreams(streams, config.tenantPrefixes());
    this.config = config;
    this.listener = listener;
    this.clock = clock;
    this.thread =
        services.loop(
            "persistence-changes",
            "this runtime publishes no changes",
            this::takeTurn,
            this::giveUp);
  }

  /** Begins. */
  public void start() {
    thread.start();
  }

  /** Has the outbox looked at soon, if this runtime publishes. Does not wait. */
  public void wake() {
    if (lease.isHeld()) {
      thread.wake();
    }
  }

  /** Stops or goes on publishing. */
  public void pause(boolean isPaused) {
    paused = isPaused;
    thread.wake();
  }

  /** Returns whether this runtime publishes for all, as far as it knows. */
  public boolean isPublishing() {
    return lease.isHeld() && thread.isRunning();
  }

  /** Returns whether {@link #pause} was called. */
  public boolean isPaused() {
    return paused;
  }

  /** Returns the failure of the last attempt; empty once a batch was published. */
  public Optional<RuntimeException> failure() {
    return Optional.ofNullable(failure);
  }

  /** Stops after the batch under way and gives the lease up; waits for that, at most so long. */
  public void close(Duration patience) {
    if (!thread.close(patience)) {
      LOG.warn(
          "the change feed did not stop within {}; the batch under way is completed by the next"
              + " runtime",
          patience);
    }
  }

  private void giveUp() {
    lease.release();
    tell(false);
  }

  private void takeTurn() {
    try {
      if (paused) {
        giveUp();
        boolean unused = thread.pause(LOOK);
      } else if (lease.hold()) {
        tell(true);
        publishUntilSomethingFails();
      } else {
        tell(false);
        boolean unused = thread.pause(least(LOOK, config.leaseDuration().dividedBy(3)));
      }
    } catch (LeaseLostException e) {
      LOG.info("{}", e.getMessage());
      tell(false);
    } catch (PersistenceException e) {
      report(e);
      boolean unused = thread.pause(backoff.next());
    }
  }

  private static Duration least(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private void publishUntilSomethingFails() {
    streams.ensure();
    Position position = outbox.position();
    StoredIds stored = StoredIds.after(position, streams);
    Map<String, Long> sequences = position.sequences();
    Duration idle = BETWEEN_BATCHES;
    while (thread.isOpen() && !paused && lease.hold()) {
      thread.alive();
      while (thread.isOpen() && !next.hasPassed()) {
        rest(next.left());
      }
      next = Deadline.after(BETWEEN_BATCHES);
      long began = System.nanoTime();
      Optional<Batch> batch = outbox.next();
      if (batch.isEmpty()) {
        succeeded();
        rest(idle);
        idle = least(idle.multipliedBy(2), config.pollInterval());
        continue;
      }
      BatchPublisher publisher =
          new BatchPublisher(
              streams, batch.get().tick(), sequences, stored, lease::isHeld, this::goOn);
      Duration oldest = publishOrAbandon(batch.get(), publisher);
      if (!outbox.done(batch.get(), publisher.sequences())) {
        LOG.info("batch {} of changes was done by another runtime", batch.get().tick());
        return;
      }
      sequences = publisher.sequences();
      stored = StoredIds.NONE;
      succeeded();
      if (publisher.changes() > 0) {
        idle = BETWEEN_BATCHES;
        listener.on(
            new ChangeFeed.ChangesPublished(
                publisher.changes(),
                publisher.skipped(),
                publisher.references(),
                Duration.ofNanos(System.nanoTime() - began),
                oldest));
      }
    }
  }

  private Duration publishOrAbandon(Batch batch, BatchPublisher publisher) {
    try {
      return publish(batch, publisher);
    } catch (RuntimeException e) {
      publisher.abandon(e);
      throw e;
    }
  }

  /** Returns how old the oldest change was when it was read. */
  private Duration publish(Batch batch, BatchPublisher publisher) {
    Portion portion = new Portion(config.maxChanges(), PORTION_BYTES, streams.largestPayload());
    Duration oldest = Duration.ZERO;
    long after = 0;
    List<OutboxChange> page = outbox.read(batch, after, portion);
    while (!page.isEmpty()) {
      for (OutboxChange change : page) {
        Duration age = ChangeMessages.age(change, clock.instant());
        oldest = age.compareTo(oldest) > 0 ? age : oldest;
      }
      after = page.get(page.size() - 1).id();
      publisher.publish(page, page.size() / 2);
      page = outbox.read(batch, after, portion);
    }
    publisher.finish();
    return oldest;
  }

  /** Renews the lease while a batch lasts. */
  private void goOn() {
    thread.alive();
    if (!lease.hold()) {
      throw new LeaseLostException();
    }
  }

  private void rest(Duration duration) {
    if (!duration.isZero()) {
      boolean unused = thread.pause(duration);
    }
  }

  private void succeeded() {
    failure = null;
    backoff.reset();
    thread.succeeded();
  }

  private void tell(boolean publishing) {
    if (told != publishing) {
      told = publishing;
      LOG.info("this runtime {} publishing changes for all", publishing ? "begins" : "ends");
      listener.on(new ChangeFeed.PublisherChanged(publishing));
    }
  }

  private void report(PersistenceException thrown) {
    failure = thrown;
    if (thrown.isTransient()) {
      LOG.info("changes not published, trying again: {}", thrown.getMessage());
    } else {
      LOG.error(
          "changes not published; they wait in PostgreSQL until this is repaired: {}",
          thrown.getMessage());
    }
    listener.on(new ChangeFeed.PublishingFailed(thrown));
  }
}
