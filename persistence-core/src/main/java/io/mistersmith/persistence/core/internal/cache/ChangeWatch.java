package io.mistersmith.persistence.core.internal.cache;

import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.resilience.Backoff;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows all changes in a bucket, without their values, on a thread of its own, and says when it
 * does not. A reader that is lost says so: by its connection, by a missing heartbeat of the server,
 * or by a gap. One that is merely silent is compared with the stream every second: if that was made
 * anew, or has what did not arrive, the reader counts as lost. After an interruption it begins at
 * the stream's end, since nothing that was kept before is used again.
 */
final class ChangeWatch implements AutoCloseable {

  /** Is told of changes, by one thread. */
  interface Listener {

    /** From now on every change is delivered. */
    void resumed();

    /** Changes may have been missed from now on, or since a moment ago. */
    void interrupted();

    /** A message of the bucket's stream. */
    void changed(JournalEntry entry);

    /** Time passes; called many times a second. */
    void ticked();
  }

  private static final Logger LOG = LoggerFactory.getLogger(ChangeWatch.class);
  private static final Duration SLICE = Duration.ofMillis(50);
  private static final long SILENCE_NANOS = Duration.ofSeconds(1).toNanos();

  private final HotBucket bucket;
  private final Listener listener;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final Background thread;

  ChangeWatch(HotBucket bucket, ServiceHealth health, Listener listener) {
    this.bucket = bucket;
    this.listener = listener;
    this.thread =
        Background.loop(
            "persistence-cache-" + bucket.name(),
            "this runtime's reads go to the stores",
            health,
            this::takeTurn,
            () -> {});
  }

  void start() {
    thread.start();
  }

  private void takeTurn() {
    try {
      follow();
    } catch (PersistenceException e) {
      interrupted(e);
    } finally {
      listener.interrupted();
    }
    boolean unused = thread.pause(backoff.next());
  }

  private void interrupted(PersistenceException e) {
    if (thread.isOpen()) {
      LOG.debug(
          "bucket {}: the cache's watch is interrupted, reads go to the stores: {}",
          bucket.name(),
          e.getMessage());
    }
  }

  private void follow() {
    BucketState stream = bucket.state();
    long seen = stream.lastSequence();
    try (JournalReader reader = bucket.read(JournalRange.from(seen + 1).withoutValues())) {
      listener.ticked();
      listener.resumed();
      long comparedAt = System.nanoTime();
      long expected = 0;
      while (thread.isOpen()) {
        thread.succeeded();
        JournalEntry next = reader.next(SLICE).orElse(null);
        listener.ticked();
        if (next != null) {
          seen = next.sequence();
          listener.changed(next);
          backoff.reset();
          comparedAt = next.pending() > 0 ? comparedAt : System.nanoTime();
        } else if (System.nanoTime() - comparedAt > SILENCE_NANOS) {
          BucketState now = bucket.state();
          boolean another = !now.created().equals(stream.created()) || now.lastSequence() < seen;
          if (another || seen < expected) {
            LOG.debug("bucket {}: the cache's watch fell silent, it begins anew", bucket.name());
            return;
          }
          expected = now.lastSequence();
          comparedAt = System.nanoTime();
        }
      }
    }
  }

  @Override
  public void close() {
    boolean unused = thread.close(Duration.ofSeconds(10));
  }
}
