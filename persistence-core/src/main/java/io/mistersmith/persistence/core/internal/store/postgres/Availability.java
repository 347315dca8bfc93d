package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.pool.PoolSet;
import io.mistersmith.persistence.core.internal.resilience.Backoff;
import io.mistersmith.persistence.core.internal.resilience.Reachability;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Spares callers the wait for a PostgreSQL that does not answer: after one call has waited in vain
 * all others fail at once, until a thread that asks every second by a connection of its own gets an
 * answer. Thread-safe.
 */
final class Availability implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Availability.class);
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private final PoolSet pools;
  private final Reachability reachability;
  private final AtomicBoolean probing = new AtomicBoolean();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile long answeredAt = System.nanoTime();

  Availability(PoolSet pools, Clock clock) {
    this.pools = pools;
    this.reachability =
        new Reachability("PostgreSQL", "calls that need it fail at once until it does", clock);
  }

  /** Fails when PostgreSQL is known not to answer. */
  void check(String what) {
    if (reachability.isDown()) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED,
          what
              + ": PostgreSQL has not answered since "
              + reachability.downSince()
              + " and was not asked again; it is probed every second, try again");
    }
  }

  /** A call that began at {@code askedAt} of the monotonic clock waited in vain. */
  void silent(long askedAt, PersistenceException failure) {
    // A call that began before the last answer says nothing about now.
    if (askedAt - answeredAt > 0 && closed.getCount() > 0) {
      reachability.failed(failure);
      if (probing.compareAndSet(false, true)) {
        Thread thread = new Thread(this::probe, "persistence-postgres-probe");
        thread.setDaemon(true);
        thread.start();
      }
    }
  }

  private void probe() {
    Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    try {
      while (!pools.isClosed() && !pools.answers(PROBE_LIMIT)) {
        if (closed.await(backoff.next().toNanos(), TimeUnit.NANOSECONDS)) {
          return;
        }
      }
    } catch (InterruptedException e) {
      LOG.info("the probe of PostgreSQL was interrupted; the next call asks it");
      Thread.currentThread().interrupt();
    } finally {
      // In this order: a call that finds it silent afterwards starts another probe.
      answeredAt = System.nanoTime();
      probing.set(false);
      if (closed.getCount() > 0) {
        reachability.answered();
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
