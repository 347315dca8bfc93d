package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.operations.Operations.CacheStats;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Gauges and counts of this process's caches, which are asked when they are read. */
final class CacheGauges implements Gauges {

  private static final String READS = "persistence.cache.reads";

  private final List<GaugeSet<CacheStats>> sets = new ArrayList<>();

  CacheGauges(MeterRegistry registry, Operations operations) {
    for (DataType type : DataType.values()) {
      if (operations.cacheStats(type).isPresent()) {
        of(registry, operations, type);
      }
    }
  }

  private void of(MeterRegistry registry, Operations operations, DataType type) {
    GaugeSet<CacheStats> set =
        new GaugeSet<>(registry, () -> operations.cacheStats(type).orElse(null));
    Tags tags = Tags.of("cache", type.name());
    reads(set, tags, "HIT", CacheStats::hits);
    reads(set, tags, "NEGATIVE_HIT", CacheStats::negativeHits);
    reads(set, tags, "MISS", CacheStats::misses);
    reads(set, tags, "BYPASSED", CacheStats::bypassed);
    count(set, tags, "loads", "keys that the stores were asked for", CacheStats::loads);
    count(set, tags, "load.failures", "loads that failed", CacheStats::loadFailures);
    count(set, tags, "refused", "loaded entries that were not kept", CacheStats::refused);
    count(set, tags, "evictions", "entries that left for others", CacheStats::evictions);
    count(set, tags, "invalidations", "entries dropped for a change", CacheStats::invalidations);
    set.value("persistence.cache.entries", tags, "entries in the cache", CacheStats::entries);
    set.bytes(
        "persistence.cache.weight",
        tags,
        "size of the cached entries, about",
        CacheStats::weightBytes);
    set.value(
        "persistence.cache.watching",
        tags,
        "1 while changes by other processes are followed",
        stats -> stats.watching() ? 1 : 0);
    sets.add(set);
  }

  private static void reads(
      GaugeSet<CacheStats> set, Tags tags, String result, ToDoubleFunction<CacheStats> figure) {
    set.count(READS, tags.and("result", result), "reads, by how memory answered them", figure);
  }

  private static void count(
      GaugeSet<CacheStats> set,
      Tags tags,
      String what,
      String description,
      ToDoubleFunction<CacheStats> figure) {
    set.count("persistence.cache." + what, tags, description, figure);
  }

  @Override
  public void close() {
    sets.forEach(GaugeSet::close);
  }
}
