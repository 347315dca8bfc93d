package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.ChangeFeed.ChangesPublished;
import io.mistersmith.persistence.event.ChangeFeed.PublisherChanged;

/** The meters of the change feed that events move. Thread-safe. */
final class ChangeFeedMeters {

  private final Timer batches;
  private final Timer oldest;
  private final Counter published;
  private final Counter stored;
  private final Counter references;
  private final Counter failures;
  private final SetGauge publishing;

  ChangeFeedMeters(MeterRegistry registry) {
    this.batches =
        Timer.builder("persistence.changes.batch.duration")
            .description("batches of changes, from their read to their end")
            .register(registry);
    this.oldest =
        Timer.builder("persistence.changes.age")
            .description("age of the oldest change of each batch when it was published")
            .register(registry);
    this.published = counter(registry, "published", "changes that are in the streams");
    this.stored = counter(registry, "resumed", "changes that an interrupted attempt had published");
    this.references = counter(registry, "references", "changes too large for a message");
    this.failures = counter(registry, "failures", "attempts to publish that failed");
    this.publishing =
        new SetGauge(
            registry,
            "persistence.changes.publishing",
            Tags.empty(),
            "1 while this runtime publishes for all");
  }

  private static Counter counter(MeterRegistry registry, String name, String description) {
    return Counter.builder("persistence.changes." + name)
        .description(description)
        .register(registry);
  }

  void published(ChangesPublished batch) {
    batches.record(batch.took());
    oldest.record(batch.oldest());
    published.increment(batch.changes());
    stored.increment(batch.stored());
    references.increment(batch.references());
  }

  void failed() {
    failures.increment();
  }

  void publisherChanged(PublisherChanged change) {
    publishing.set(change.publishing());
  }
}
