package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.resilience.Backoff;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.BucketState;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.JournalEntry;
import io.mistersmith.persistence.spi.JournalRange;
import io.mistersmith.persistence.spi.JournalReader;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the changes of one owner's entries on a thread of its own. After a reconnect it reads on
 * behind the last message it has seen, so that nothing is missed (a plain KV watch stayed silent
 * for 28 s after a restart: tried); after the stream started anew, from its beginning.
 */
final class Watch implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration SLICE = Duration.ofMillis(100);
  private static final Duration HEARTBEAT = Duration.ofSeconds(2);

  private final HotBucket bucket;
  private final String agent;
  private final Consumer<JournalEntry> action;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private BucketState stream;
  private long seen;
  private boolean warned;

  Watch(HotBucket bucket, String agent, Consumer<JournalEntry> action) {
    this.bucket = bucket;
    this.agent = agent;
    this.action = action;
    this.stream = bucket.state();
    this.seen = stream.lastSequence();
    this.thread = new Thread(this::run, "persistence-watch-" + bucket.name());
    this.thread.setDaemon(true);
    this.thread.start();
  }

  @Override
  public void close() {
    stop.countDown();
    if (Thread.currentThread() != thread) {
      try {
        thread.join(Duration.ofSeconds(10).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run() {
    Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
    while (isOpen()) {
      try {
        restartWhenStreamDid();
        follow(backoff);
      } catch (PersistenceException e) {
        LOG.debug(
            "bucket {}: watch of {} interrupted, resuming behind {}: {}",
            bucket.name(),
            agent,
            seen,
            e.getMessage());
        if (e.error() == DataError.ACCESS_DENIED) { // the right may be given back
          warnOnce(e);
        } else if (!e.isTransient()) {
          LOG.warn("bucket {}: watch of {} ended: {}", bucket.name(), agent, e.getMessage());
          stop.countDown();
        }
        pause(backoff.next());
      }
    }
  }

  private void warnOnce(PersistenceException denied) {
    if (!warned) {
      warned = true;
      LOG.warn(
          "bucket {}: watch of {} hears nothing until it has the right: {}",
          bucket.name(),
          agent,
          denied.getMessage());
    }
  }

  private void follow(Backoff backoff) {
    try (JournalReader reader = bucket.read(JournalRange.from(seen + 1).ofAgent(agent))) {
      long silentSince = System.nanoTime();
      while (isOpen()) {
        Optional<JournalEntry> next = reader.next(SLICE);
        if (next.isPresent()) {
          seen = next.get().sequence();
          deliver(next.get());
          backoff.reset();
          silentSince = System.nanoTime();
        } else if (System.nanoTime() - silentSince > HEARTBEAT.toNanos()) {
          if (restartWhenStreamDid()) {
            return;
          }
          silentSince = System.nanoTime();
        }
      }
    }
  }

  private boolean restartWhenStreamDid() {
    BucketState now = bucket.state();
    boolean restarted = !now.created().equals(stream.created()) || now.lastSequence() < seen;
    if (restarted) {
      seen = 0;
    }
    stream = now;
    return restarted;
  }

  private void deliver(JournalEntry entry) {
    if (entry.metadata().hydrated().isPresent() || !isOpen()) {
      return;
    }
    try {
      action.accept(entry);
    } catch (RuntimeException e) {
      LOG.warn(
          "bucket {}: the listener of a watch of {} failed on {}; the watch goes on",
          bucket.name(),
          agent,
          entry.subject(),
          e);
    }
  }

  private boolean isOpen() {
    return stop.getCount() > 0;
  }

  private void pause(Duration duration) {
    try {
      boolean stopped = stop.await(duration.toNanos(), TimeUnit.NANOSECONDS);
      LOG.trace("bucket {}: watch of {} paused, stopped: {}", bucket.name(), agent, stopped);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stop.countDown();
    }
  }
}
