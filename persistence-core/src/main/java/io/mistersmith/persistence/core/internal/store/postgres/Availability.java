package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.LoopService;
import io.mistersmith.persistence.core.internal.base.Reachability;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Spares callers the wait for a server that does not answer: after one call has waited in vain all
 * others fail at once, until a thread that asks every second by a connection of its own gets an
 * answer. Thread-safe.
 */
final class Availability implements AutoCloseable {

  private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

  private final ConnectionPool pool;
  private final Reachability reachability;
  private final Services services;
  private final List<Runnable> actions = new CopyOnWriteArrayList<>();
  private @Nullable LoopService probing;
  private boolean closed;
  private volatile long answeredAt = System.nanoTime();

  Availability(ConnectionPool pool, Clock clock, Services services) {
    this.pool = pool;
    this.services = services;
    this.reachability =
        new Reachability(
            "PostgreSQL " + pool.server(), "calls that need it fail at once until it does", clock);
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
    if (askedAt - answeredAt > 0 && beginProbing()) {
      reachability.failed(failure);
    }
  }

  /** Has a server that did not answer asked at once: there is a primary again. Does not wait. */
  synchronized void askNow() {
    if (probing != null) {
      probing.wake();
    }
  }

  /** Returns false when the store is closed. */
  private synchronized boolean beginProbing() {
    if (!closed && probing == null) {
      Probe probe = new Probe();
      probe.service.start();
      probing = probe.service;
    }
    return !closed;
  }

  /** Calls {@code action} when the server answers again; it must not block. */
  void onAnswer(Runnable action) {
    actions.add(action);
  }

  private void answered(LoopService probe) {
    if (end(probe)) {
      actions.forEach(Runnable::run);
    }
  }

  /** Returns whether the store is open. */
  private synchronized boolean end(LoopService probe) {
    // In this order: a call that finds it silent afterwards starts another probe.
    answeredAt = System.nanoTime();
    probing = null;
    boolean unused = probe.close(Duration.ZERO);
    if (!closed) {
      reachability.answered();
    }
    return !closed;
  }

  @Override
  public void close() {
    LoopService probe;
    synchronized (this) {
      closed = true;
      probe = probing;
    }
    if (probe != null) {
      boolean unused = probe.close(Duration.ZERO);
    }
  }

  /** Asks until there is an answer. */
  private final class Probe {

    private final Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    private final LoopService service =
        services.loop(
            "persistence-postgres-probe", "calls that need PostgreSQL fail at once", this::ask);

    private void ask() {
      if (pool.isClosed() || pool.answers(PROBE_LIMIT)) {
        answered(service);
      } else {
        boolean unused = service.pause(backoff.next());
      }
    }
  }
}
