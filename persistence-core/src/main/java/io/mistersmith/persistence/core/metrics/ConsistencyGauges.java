package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import io.mistersmith.persistence.operations.Consistency.MemoryStats;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Gauges of both memories and of the lag between them. */
final class ConsistencyGauges implements Gauges {

  private final LatestAnswer<MemoryStats> latest;
  private final GaugeSet<MemoryStats> gauges;

  ConsistencyGauges(MeterRegistry registry, Consistency consistency) {
    Tags journal = Tags.of(JournalMeters.JOURNAL, consistency.journal());
    this.latest = new LatestAnswer<>("both memories", () -> stats(consistency));
    this.gauges = new GaugeSet<>(registry, latest);
    lag(journal, "0.5", LagStats::p50);
    lag(journal, "0.95", LagStats::p95);
    lag(journal, "0.99", LagStats::p99);
    lag(journal, "1", LagStats::max);
    gauges.value(
        "persistence.dirty.entries",
        journal,
        "keys with a write that is not in PostgreSQL yet",
        MemoryStats::dirtyEntries);
    gauges.value("persistence.kv.entries", journal, "keys in KV", MemoryStats::kvEntries);
    gauges.bytes("persistence.kv.bucket.size", journal, "size of the bucket", MemoryStats::kvBytes);
    gauges.value(
        "persistence.sql.rows",
        journal,
        "rows of agent state in PostgreSQL",
        stats -> stats.sqlRows().isPresent() ? stats.sqlRows().getAsLong() : Double.NaN);
    gauges.value(
        "persistence.backlog.entries",
        journal,
        "entries of the journal that are not in PostgreSQL yet",
        stats -> stats.backlog().messages());
    gauges.bytes(
        "persistence.backlog.bytes",
        journal,
        "size of the backlog",
        stats -> stats.backlog().bytes());
    gauges.time(
        "persistence.backlog.age",
        journal,
        "age of the oldest entry of the backlog",
        stats -> stats.backlog().oldestAge());
    gauges.count(
        "persistence.consistency.violations",
        journal,
        "writes that were committed later than the consistency window",
        MemoryStats::violations);
  }

  private void lag(Tags journal, String quantile, Function<LagStats, Duration> figure) {
    gauges.time(
        "persistence.consistency.lag",
        journal.and("quantile", quantile),
        "from write to commit in the last minute, of what this process committed",
        stats -> figure.apply(stats.lag()));
  }

  private static @Nullable MemoryStats stats(Consistency consistency) {
    MemoryStats stats = consistency.stats();
    return stats.kvAnswered() ? stats : null;
  }

  /** Returns what asks for the figures. */
  Runnable question() {
    return latest;
  }

  @Override
  public void close() {
    gauges.close();
  }
}
