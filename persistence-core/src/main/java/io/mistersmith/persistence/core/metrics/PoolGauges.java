package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.Stats;
import java.util.ArrayList;
import java.util.List;

/** Gauges of the pools of connections, which are asked when they are read: no server is. */
final class PoolGauges implements Gauges {

  private final List<GaugeSet<Stats>> sets = new ArrayList<>();

  PoolGauges(MeterRegistry registry, Pools pools) {
    for (Stats pool : pools.stats()) {
      sets.add(of(registry, pools, pool.name()));
    }
  }

  private static GaugeSet<Stats> of(MeterRegistry registry, Pools pools, String name) {
    GaugeSet<Stats> set =
        new GaugeSet<>(
            registry,
            () ->
                pools.stats().stream()
                    .filter(stats -> stats.name().equals(name))
                    .findFirst()
                    .orElse(null));
    Tags pool = Tags.of("pool", name);
    set.value("persistence.pool.size", pool, "connections that the pool has at most", Stats::size);
    set.value("persistence.pool.active", pool, "connections in use", Stats::active);
    set.value("persistence.pool.idle", pool, "open connections that are not in use", Stats::idle);
    set.value(
        "persistence.pool.waiting", pool, "threads that wait for a connection", Stats::waiting);
    set.value(
        "persistence.pool.utilization",
        pool,
        "share of the connections in use, from 0 to 1",
        Stats::utilization);
    set.value(
        "persistence.pool.calls",
        pool,
        "times a second that a connection was taken, in the last minutes",
        Stats::callsPerSecond);
    set.time(
        "persistence.pool.use.mean",
        pool,
        "how long a connection was in use on average, in the last minutes",
        Stats::averageUse);
    set.time(
        "persistence.pool.acquire.p95",
        pool,
        "how long 95 of 100 calls waited for a connection at most, in the last minutes",
        Stats::acquireP95);
    set.count(
        "persistence.pool.timeouts",
        pool,
        "times that no connection was to be had in time",
        Stats::timeouts);
    set.count(
        "persistence.pool.slow.statements",
        pool,
        "statements and commits that took too long",
        Stats::slowStatements);
    return set;
  }

  @Override
  public void close() {
    sets.forEach(GaugeSet::close);
  }
}
