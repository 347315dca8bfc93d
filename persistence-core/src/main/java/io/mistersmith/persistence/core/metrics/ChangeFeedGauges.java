package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.ChangeFeed.Lag;
import io.mistersmith.persistence.event.ChangeFeed.State;
import org.jspecify.annotations.Nullable;

/** Gauges of how far the stream of changes is behind PostgreSQL. */
final class ChangeFeedGauges implements Gauges {

  private final LatestAnswer<Lag> latest;
  private final GaugeSet<Lag> gauges;

  ChangeFeedGauges(MeterRegistry registry, ChangeFeed feed) {
    this.latest = new LatestAnswer<>("the change feed", () -> lag(feed));
    this.gauges = new GaugeSet<>(registry, latest);
    gauges.value(
        "persistence.changes.waiting",
        Tags.empty(),
        "committed changes that are not published, about",
        Lag::changes);
    gauges.bytes(
        "persistence.changes.outbox.bytes", Tags.empty(), "size of the outbox, about", Lag::bytes);
    gauges.time(
        "persistence.changes.lag",
        Tags.empty(),
        "how long the oldest change has waited",
        Lag::oldest);
  }

  /** Asks for nothing where the set of scripts is missing: the answer would be a failure. */
  private static @Nullable Lag lag(ChangeFeed feed) {
    return feed.state() == State.NOT_INSTALLED ? null : feed.lag();
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
