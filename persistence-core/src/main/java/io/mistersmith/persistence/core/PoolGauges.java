package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.Stats;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Gauges of the pools of connections, which are asked when they are read: no server is. */
final class PoolGauges implements AutoCloseable {

  private final MeterRegistry registry;
  private final Pools pools;
  private final List<Meter> meters = new ArrayList<>();

  PoolGauges(MeterRegistry registry, Pools pools) {
    this.registry = registry;
    this.pools = pools;
    for (Stats pool : pools.stats()) {
      String name = pool.name();
      gauge("persistence.pool.size", name, "connections that it has at most", Stats::size);
      gauge("persistence.pool.active", name, "connections in use", Stats::active);
      gauge("persistence.pool.idle", name, "open connections that are not in use", Stats::idle);
      gauge("persistence.pool.waiting", name, "threads that wait for one", Stats::waiting);
      gauge("persistence.pool.utilization", name, "share in use, from 0 to 1", Stats::utilization);
      gauge(
          "persistence.pool.acquire.p95.ms",
          name,
          "how long 95 of 100 waited for one at most, in the last minutes",
          stats -> stats.acquireP95().toNanos() / 1e6);
      counter("persistence.pool.timeouts", name, "times that none was to be had", Stats::timeouts);
      counter(
          "persistence.pool.slow.statements",
          name,
          "statements and commits that took too long",
          Stats::slowStatements);
    }
  }

  private void gauge(
      String meter, String pool, String description, ToDoubleFunction<Stats> figure) {
    meters.add(
        Gauge.builder(meter, pools, all -> value(all, pool, figure))
            .tag("pool", pool)
            .description(description)
            .register(registry));
  }

  private void counter(
      String meter, String pool, String description, ToDoubleFunction<Stats> figure) {
    meters.add(
        FunctionCounter.builder(meter, pools, all -> value(all, pool, figure))
            .tag("pool", pool)
            .description(description)
            .register(registry));
  }

  private static double value(Pools pools, String name, ToDoubleFunction<Stats> figure) {
    return pools.stats().stream()
        .filter(stats -> stats.name().equals(name))
        .mapToDouble(figure)
        .findFirst()
        .orElse(Double.NaN);
  }

  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
