package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.DeadLetters;

/** A gauge of the entries that PostgreSQL refused and that are still open. */
final class DeadLetterGauges implements Gauges {

  private final LatestAnswer<Long> latest;
  private final GaugeSet<Long> gauges;

  DeadLetterGauges(MeterRegistry registry, DeadLetters letters) {
    this.latest = new LatestAnswer<>("the dead letters", letters::count);
    this.gauges = new GaugeSet<>(registry, latest);
    gauges.value(
        "persistence.dead.letters.open",
        Tags.empty(),
        "entries that PostgreSQL refused and that wait to be replayed",
        Long::doubleValue);
  }

  /** Returns what asks for the figure. */
  Runnable question() {
    return latest;
  }

  @Override
  public void close() {
    gauges.close();
  }
}
