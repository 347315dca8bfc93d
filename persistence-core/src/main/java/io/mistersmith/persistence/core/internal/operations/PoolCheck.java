package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.Stats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** How much of each pool is in use, and how long callers wait for a connection. */
final class PoolCheck implements ComponentCheck {

  private static final double USE = 0.9;
  private static final double ERRORS = 0.05;
  private static final Duration ACQUISITION = Duration.ofSeconds(5);

  private final Pools pools;
  private final Ticker ticker;
  private final Map<String, Seen> seen = new HashMap<>();

  /** When a pool was looked at, and how many calls had got no connection by then. */
  private record Seen(long nanos, long timeouts) {}

  PoolCheck(Pools pools, Ticker ticker) {
    this.pools = pools;
    this.ticker = ticker;
  }

  @Override
  public String name() {
    return "connection_pools";
  }

  @Override
  public List<Component> check() {
    return pools.stats().stream().map(this::component).toList();
  }

  private Component component(Stats pool) {
    List<String> found = new ArrayList<>();
    if (pool.utilization() > USE) {
      found.add("more than 90 % are in use");
    }
    if (pool.acquireP95().compareTo(ACQUISITION) > 0) {
      found.add("1 of 20 calls waits longer than 5 s for one");
    }
    double errors = errors(pool);
    if (errors > ERRORS) {
      found.add(
          String.format(
              Locale.ROOT, "%.0f %% of the calls since the last check got none", errors * 100));
    }
    String reason =
        "%d of %d connections are in use, %d threads wait"
            .formatted(pool.active(), pool.size(), pool.waiting());
    return new Component(
        name() + "/" + pool.name(),
        found.isEmpty() ? Status.HEALTHY : Status.DEGRADED,
        Optional.empty(),
        found.isEmpty()
            ? reason
            : "%s; %s: make calls shorter, or give the role %s more maxConnections; advice(%s, …) of"
                    .formatted(reason, String.join(", ", found), pool.role(), pool.role())
                + " the pools says how many");
  }

  /** Returns the share of calls since the last look that got no connection in time. */
  private double errors(Stats pool) {
    long now = ticker.nanos();
    Seen before = seen.put(pool.name(), new Seen(now, pool.timeouts()));
    if (before == null) {
      return 0;
    }
    long timeouts = pool.timeouts() - before.timeouts();
    double calls = pool.callsPerSecond() * (now - before.nanos()) / 1e9 + timeouts;
    return timeouts == 0 ? 0 : timeouts / calls;
  }
}
