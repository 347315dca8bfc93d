package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.operations.PoolSizing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resizes the pools whose configuration lets them resize themselves, every ten seconds, within
 * their bounds.
 *
 * <p>The load is measured, so Little's law needs no assumption on agents: the connections that were
 * in use on average, over 0.8. A pool grows at once, and by a quarter where threads wait for a
 * connection. It shrinks when it was too large for a minute.
 */
final class PoolResizing {

  private static final Logger LOG = LoggerFactory.getLogger(PoolResizing.class);

  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration STOP = Duration.ofSeconds(1);
  private static final double UTILIZATION = 0.8;
  private static final int LOOKS_BEFORE_SHRINKING = 6;

  private final List<Watched> pools = new ArrayList<>();
  private final PeriodicService service;

  PoolResizing(PoolSet pools, Services services) {
    this(pools, services, System::nanoTime);
  }

  PoolResizing(PoolSet pools, Services services, LongSupplier nanoTime) {
    for (ConnectionPool pool : pools.all()) {
      pool.config()
          .automaticSize()
          .filter(bounds -> pool.isOwn())
          .ifPresent(bounds -> this.pools.add(new Watched(pool, bounds, nanoTime)));
    }
    this.service =
        services.every(
            PERIOD, "persistence-pool-sizes", "pools keep the sizes they have", this::look);
  }

  void start() {
    if (!pools.isEmpty()) {
      service.start();
    }
  }

  void close() {
    boolean unused = service.close(STOP);
  }

  /** Looks at each pool once. */
  void look() {
    pools.forEach(Watched::look);
  }

  /** A pool, and its last measured load. */
  private static final class Watched {

    private final ConnectionPool pool;
    private final PoolSizing.Bounds bounds;
    private final LongSupplier nanoTime;
    private long lookedAt;
    private long usedNanos;
    private long timeouts;
    private int tooLarge;
    private int mostNeeded;

    Watched(ConnectionPool pool, PoolSizing.Bounds bounds, LongSupplier nanoTime) {
      this.pool = pool;
      this.bounds = bounds;
      this.nanoTime = nanoTime;
      this.lookedAt = nanoTime.getAsLong();
    }

    void look() {
      int size = pool.size();
      int needed = Math.max(bounds.least(), Math.min(bounds.most(), needed(size)));
      if (needed >= size) {
        tooLarge = 0;
        mostNeeded = 0;
        if (needed > size) {
          resize(size, needed);
        }
        return;
      }
      mostNeeded = Math.max(mostNeeded, needed);
      tooLarge++;
      if (tooLarge >= LOOKS_BEFORE_SHRINKING) {
        resize(size, mostNeeded);
        tooLarge = 0;
        mostNeeded = 0;
      }
    }

    /** A call that has not ended is not in the average yet, so the calls under way count too. */
    private int needed(int size) {
      long now = nanoTime.getAsLong();
      double average =
          (double) (pool.meter().usedNanos() - usedNanos) / Math.max(1, now - lookedAt);
      boolean tooSmall = pool.waiting() > 0 || pool.meter().timeouts() > timeouts;
      lookedAt = now;
      usedNanos = pool.meter().usedNanos();
      timeouts = pool.meter().timeouts();
      int needed = (int) Math.ceil(Math.max(average, pool.active()) / UTILIZATION);
      return tooSmall ? Math.max(needed, size + Math.max(1, size / 4)) : needed;
    }

    private void resize(int from, int to) {
      pool.resize(to);
      LOG.info(
          "the pool {} has {} connections at most from now on, {} before; within {} to {}",
          pool.name(),
          to,
          from,
          bounds.least(),
          bounds.most());
    }
  }
}
