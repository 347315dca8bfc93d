package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.consistency.EngineConsistency;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges over the latest {@link MemoryStats}, which are asked for in the background. While they are
 * not known, or the last attempt failed, the gauges have no value.
 */
final class ConsistencyGauges implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ConsistencyGauges.class);

  private final MeterRegistry registry;
  private final Consistency consistency;
  private final List<Meter> meters = new ArrayList<>();
  private final PeriodicService service;
  private volatile @Nullable MemoryStats latest;
  private volatile double violations;

  ConsistencyGauges(MeterRegistry registry, Consistency consistency, Duration interval) {
    this.registry = registry;
    this.consistency = consistency;
    Services services =
        consistency instanceof EngineConsistency engine
            ? engine.services()
            : new Services(PersistenceListener.NOOP);
    this.service =
        services.every(interval, "persistence-metrics", "the gauges have no value", this::ask);
  }

  void start() {
    lag("0.5", stats -> millis(stats.lag().p50()));
    lag("0.95", stats -> millis(stats.lag().p95()));
    lag("0.99", stats -> millis(stats.lag().p99()));
    lag("1", stats -> millis(stats.lag().max()));
    gauge("persistence.dirty.entries", MemoryStats::dirtyEntries);
    gauge("persistence.kv.entries", MemoryStats::kvEntries);
    meters.add(
        Gauge.builder("persistence.sql.rows", this, all -> all.value(ConsistencyGauges::rows))
            .register(registry));
    gauge("persistence.backlog.entries", stats -> stats.backlog().messages());
    gauge("persistence.backlog.bytes", stats -> stats.backlog().bytes());
    gauge("persistence.backlog.age.ms", stats -> millis(stats.backlog().oldestAge()));
    meters.add(
        FunctionCounter.builder("persistence.consistency.violations", this, all -> all.violations)
            .description("writes that were committed later than the consistency window")
            .tag(JournalMeters.JOURNAL, consistency.journal())
            .register(registry));
    service.start();
    service.wake();
  }

  private void lag(String quantile, ToDoubleFunction<MemoryStats> figure) {
    meters.add(
        Gauge.builder("persistence.consistency.lag.ms", this, all -> all.value(figure))
            .tag("quantile", quantile)
            .tag(JournalMeters.JOURNAL, consistency.journal())
            .description("from write to commit in the last minute, of what this process committed")
            .register(registry));
  }

  private void gauge(String name, ToDoubleFunction<MemoryStats> figure) {
    meters.add(
        Gauge.builder(name, this, all -> all.value(figure))
            .tag(JournalMeters.JOURNAL, consistency.journal())
            .register(registry));
  }

  private static double rows(MemoryStats stats) {
    return stats.sqlRows().isPresent() ? stats.sqlRows().getAsLong() : Double.NaN;
  }

  private double value(ToDoubleFunction<MemoryStats> figure) {
    MemoryStats stats = latest;
    return stats == null ? Double.NaN : figure.applyAsDouble(stats);
  }

  private static double millis(Duration duration) {
    return duration.toNanos() / 1e6;
  }

  private void ask() {
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
  }

  @Override
  public void close() {
    service.stop();
    meters.forEach(registry::remove);
    boolean unused = service.close(Duration.ofSeconds(1));
  }
}
