package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.PersistenceEvent;
import java.util.concurrent.TimeUnit;

/** The meters of one journal, which bear its name as a tag. Thread-safe. */
final class JournalMeters {

  /** The tag. */
  static final String JOURNAL = "journal";

  private final MeterRegistry registry;
  private final Tags tags;
  private final Timer flushes;
  private final Timer lags;
  private final Counter entries;
  private final Counter rows;
  private final Counter failures;
  private final Counter deadLetters;
  private final Counter epochs;
  private final SetGauge engaged;

  JournalMeters(MeterRegistry registry, String journal) {
    this.registry = registry;
    this.tags = Tags.of(JOURNAL, journal);
    this.flushes =
        Timer.builder("persistence.flush.duration")
            .description("transactions that brought writes to PostgreSQL")
            .serviceLevelObjectives(Buckets.CALLS)
            .tags(tags)
            .register(registry);
    this.lags =
        Timer.builder("persistence.flush.lag")
            .description("from each write to its commit, of what this process committed")
            .serviceLevelObjectives(Buckets.LAGS)
            .tags(tags)
            .register(registry);
    this.entries = counter("persistence.flush.entries", "writes that were committed");
    this.rows = counter("persistence.flush.rows", "rows to which writes were coalesced");
    this.failures = counter("persistence.flush.failures", "attempts to flush that failed");
    this.deadLetters = counter("persistence.dead.letters", "entries that PostgreSQL refused");
    this.epochs = counter("persistence.epochs", "times that a journal was recreated or went back");
    this.engaged =
        new SetGauge(
            registry, "persistence.backpressure.engaged", tags, "1 while writes are slowed down");
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }

  void flushed(PersistenceEvent.Flushed flushed) {
    flushes.record(flushed.took());
    flushed.lagNanos().forEach(lag -> lags.record(lag, TimeUnit.NANOSECONDS));
    entries.increment(flushed.entries());
    rows.increment(flushed.rows());
  }

  void flushFailed() {
    failures.increment();
  }

  void deadLettered() {
    deadLetters.increment();
  }

  void epochStarted() {
    epochs.increment();
  }

  void backpressureChanged(boolean isEngaged) {
    engaged.set(isEngaged);
  }
}
