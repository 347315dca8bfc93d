package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.operations.Operations.CacheStats;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a cache does, unless it is not to. Thread-safe. */
final class Tallies {

  private final boolean counting;
  private final StripedCounter hits = new StripedCounter();
  private final StripedCounter negativeHits = new StripedCounter();
  private final LongAdder misses = new LongAdder();
  private final LongAdder loads = new LongAdder();
  private final LongAdder loadFailures = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder evictions = new LongAdder();
  private final LongAdder invalidations = new LongAdder();
  private final LongAdder bypassed = new LongAdder();

  Tallies(boolean counting) {
    this.counting = counting;
  }

  void hit(boolean negative) {
    if (counting) {
      (negative ? negativeHits : hits).increment();
    }
  }

  void missed(int reads) {
    count(misses, reads);
  }

  void loaded(int keys) {
    count(loads, keys);
  }

  void loadFailed(int keys) {
    count(loadFailures, keys);
  }

  void refused() {
    count(refused, 1);
  }

  void evicted() {
    count(evictions, 1);
  }

  void invalidated() {
    count(invalidations, 1);
  }

  void bypassed(int reads) {
    count(bypassed, reads);
  }

  private void count(LongAdder what, long by) {
    if (counting) {
      what.add(by);
    }
  }

  CacheStats stats(long entries, long weightBytes, boolean watching) {
    return new CacheStats(
        hits.sum(),
        negativeHits.sum(),
        misses.sum(),
        loads.sum(),
        loadFailures.sum(),
        refused.sum(),
        evictions.sum(),
        invalidations.sum(),
        bypassed.sum(),
        entries,
        weightBytes,
        watching);
  }
}
