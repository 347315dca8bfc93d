package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.MemoryStats;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges over the latest {@link MemoryStats}, which a thread of its own asks for. While they are
 * not known, or the last attempt failed, the gauges have no value.
 */
final class ConsistencyGauges implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ConsistencyGauges.class);

  private final MeterRegistry registry;
  private final Consistency consistency;
  private final Duration interval;
  private final List<Meter> meters = new ArrayList<>();
  private final Background thread;
  private volatile @Nullable MemoryStats latest;
  private volatile double violations;

  ConsistencyGauges(MeterRegistry registry, Consistency consistency, Duration interval) {
    this.registry = registry;
    this.consistency = consistency;
    this.interval = interval;
    this.thread =
        Background.loop(
            "persistence-metrics",
            "the gauges have no value",
            new ServiceHealth(PersistenceListener.NOOP),
            this::askAndPause,
            () -> {});
  }

  void start() {
    lag("0.5", stats -> millis(stats.lag().p50()));
    lag("0.95", stats -> millis(stats.lag().p95()));
    lag("0.99", stats -> millis(stats.lag().p99()));
    lag("1", stats -> millis(stats.lag().max()));
    gauge("persistence.dirty.entries", MemoryStats::dirtyEntries);
    gauge("persistence.kv.entries", MemoryStats::kvEntries);
    gauge(
        "persistence.sql.rows",
        stats -> stats.sqlRows().isPresent() ? stats.sqlRows().getAsLong() : Double.NaN);
    gauge("persistence.backlog.entries", stats -> stats.backlog().messages());
    gauge("persistence.backlog.bytes", stats -> stats.backlog().bytes());
    gauge("persistence.backlog.age.ms", stats -> millis(stats.backlog().oldestAge()));
    meters.add(
        FunctionCounter.builder("persistence.consistency.violations", this, all -> all.violations)
            .description("writes that were committed later than the consistency window")
            .register(registry));
    thread.start();
  }

  private void lag(String quantile, ToDoubleFunction<MemoryStats> figure) {
    meters.add(
        Gauge.builder("persistence.consistency.lag.ms", this, all -> all.value(figure))
            .tag("quantile", quantile)
            .description("from write to commit in the last minute, of what this process committed")
            .register(registry));
  }

  private void gauge(String name, ToDoubleFunction<MemoryStats> figure) {
    meters.add(Gauge.builder(name, this, all -> all.value(figure)).register(registry));
  }

  private double value(ToDoubleFunction<MemoryStats> figure) {
    MemoryStats stats = latest;
    return stats == null ? Double.NaN : figure.applyAsDouble(stats);
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  private void askAndPause() {
    MemoryStats stats = null;
    try {
      MemoryStats answer = consistency.stats();
      violations = answer.violations();
      stats = answer.kvAnswered() ? answer : null;
    } catch (PersistenceException e) {
      LOG.info("the gauges have no value until the stores answer: {}", e.getMessage());
    } finally {
      latest = stats;
    }
    boolean unused = thread.pause(interval);
  }

  @Override
  public void close() {
    thread.stop();
    meters.forEach(registry::remove);
    boolean unused = thread.close(Duration.ofSeconds(1));
  }
}
