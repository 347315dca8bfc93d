package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import io.mistersmith.persistence.operations.Pools;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of event and each figure has a meter, or a reason why not. */
class EveryFigureIsMeteredTest {

  /** Kinds of events that no meter counts, each with the reason. */
  private static final Map<Class<? extends PersistenceEvent>, String> NOT_METERED = Map.of();

  /** Figures, each with its meter, or with the reason why it has none. */
  private static final Map<String, String> FIGURES =
      Map.ofEntries(
          Map.entry("MemoryStats.kvEntries", "persistence.kv.entries"),
          Map.entry("MemoryStats.sqlRows", "persistence.sql.rows"),
          Map.entry("MemoryStats.dirtyEntries", "persistence.dirty.entries"),
          Map.entry("MemoryStats.averageFlushTime", "persistence.flush.duration"),
          Map.entry("MemoryStats.consistencyWindowP95", "persistence.consistency.lag"),
          Map.entry("MemoryStats.lag", "its own figures"),
          Map.entry("MemoryStats.backlog", "its own figures"),
          Map.entry("MemoryStats.kvAnswered", "gauges have no value while it is false"),
          Map.entry("MemoryStats.violations", "persistence.consistency.violations"),
          Map.entry("MemoryStats.kvBytes", "persistence.kv.bucket.size"),
          Map.entry("LagStats.samples", "persistence.flush.lag"),
          Map.entry("LagStats.p50", "persistence.consistency.lag"),
          Map.entry("LagStats.p95", "persistence.consistency.lag"),
          Map.entry("LagStats.p99", "persistence.consistency.lag"),
          Map.entry("LagStats.max", "persistence.consistency.lag"),
          Map.entry("LagStats.violations", "persistence.consistency.violations"),
          Map.entry("LagStats.averageFlush", "persistence.flush.duration"),
          Map.entry("Backlog.messages", "persistence.backlog.entries"),
          Map.entry("Backlog.bytes", "persistence.backlog.bytes"),
          Map.entry("Backlog.oldestAge", "persistence.backlog.age"),
          Map.entry("CacheStats.hits", "persistence.cache.reads"),
          Map.entry("CacheStats.negativeHits", "persistence.cache.reads"),
          Map.entry("CacheStats.misses", "persistence.cache.reads"),
          Map.entry("CacheStats.bypassed", "persistence.cache.reads"),
          Map.entry("CacheStats.loads", "persistence.cache.loads"),
          Map.entry("CacheStats.loadFailures", "persistence.cache.load.failures"),
          Map.entry("CacheStats.refused", "persistence.cache.refused"),
          Map.entry("CacheStats.evictions", "persistence.cache.evictions"),
          Map.entry("CacheStats.invalidations", "persistence.cache.invalidations"),
          Map.entry("CacheStats.entries", "persistence.cache.entries"),
          Map.entry("CacheStats.weightBytes", "persistence.cache.weight"),
          Map.entry("CacheStats.watching", "persistence.cache.watching"),
          Map.entry("Stats.name", "the label pool"),
          Map.entry("Stats.role", "the name says it"),
          Map.entry("Stats.size", "persistence.pool.size"),
          Map.entry("Stats.active", "persistence.pool.active"),
          Map.entry("Stats.idle", "persistence.pool.idle"),
          Map.entry("Stats.waiting", "persistence.pool.waiting"),
          Map.entry("Stats.callsPerSecond", "persistence.pool.calls"),
          Map.entry("Stats.averageUse", "persistence.pool.use.mean"),
          Map.entry("Stats.acquireP95", "persistence.pool.acquire.p95"),
          Map.entry("Stats.timeouts", "persistence.pool.timeouts"),
          Map.entry("Stats.slowStatements", "persistence.pool.slow.statements"),
          Map.entry("ReplicaStats.name", "the label replica"),
          Map.entry("ReplicaStats.state", "persistence.replica.state"),
          Map.entry("ReplicaStats.lag", "persistence.replica.lag"),
          Map.entry("ReplicaStats.reads", "persistence.replica.reads"),
          Map.entry("ReplicaStats.passedOn", "persistence.replica.passed.on"),
          Map.entry("Lag.changes", "persistence.changes.waiting"),
          Map.entry("Lag.bytes", "persistence.changes.outbox.bytes"),
          Map.entry("Lag.oldest", "persistence.changes.lag"),
          Map.entry("Lag.position", "persistence.changes.batch.duration counts the batches"),
          Map.entry("Lag.movedAt", "persistence.changes.batch.duration says when"));

  static Stream<Class<?>> kinds() {
    return kinds(PersistenceEvent.class);
  }

  private static Stream<Class<?>> kinds(Class<?> type) {
    return type.isSealed()
        ? Arrays.stream(type.getPermittedSubclasses()).flatMap(EveryFigureIsMeteredTest::kinds)
        : Stream.of(type);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void anEventMovesAMeter(Class<?> kind) {
    if (NOT_METERED.containsKey(kind)) {
      return;
    }
    List<PersistenceEvent> samples = SampleEvents.all().stream().filter(kind::isInstance).toList();
    assertThat(samples)
        .as("add a sample of %s to SampleEvents, and a meter to PersistenceMetrics", kind)
        .isNotEmpty();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (PersistenceMetrics metrics = new PersistenceMetrics(registry)) {
      Map<Meter.Id, Double> before = values(registry);
      samples.forEach(metrics::on);
      assertThat(metrics.wants(samples.get(0).getClass())).isTrue();
      assertThat(values(registry)).isNotEqualTo(before);
    }
  }

  private static Map<Meter.Id, Double> values(SimpleMeterRegistry registry) {
    Map<Meter.Id, Double> values = new TreeMap<>(new MeterOrder());
    registry.forEachMeter(
        meter ->
            values.put(
                meter.getId(),
                StreamSupport.stream(meter.measure().spliterator(), false)
                    .mapToDouble(Measurement::getValue)
                    .sum()));
    return values;
  }

  @Test
  void aFigureHasAMeter() {
    try (AllMeters all = new AllMeters(new SimpleMeterRegistry())) {
      List<String> meters = all.names();
      for (Class<?> figures :
          List.of(
              MemoryStats.class,
              LagStats.class,
              Backlog.class,
              CacheStats.class,
              Pools.Stats.class,
              Pools.ReplicaStats.class,
              ChangeFeed.Lag.class)) {
        for (RecordComponent component : figures.getRecordComponents()) {
          String meter = FIGURES.get(figures.getSimpleName() + "." + component.getName());
          assertThat(meter).as("the meter of %s", component).isNotNull();
          if (meter.startsWith("persistence.") && !meter.contains(" ")) {
            assertThat(meters).contains(meter);
          }
        }
      }
    }
  }
}
