package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.operations.Operations;

/**
 * Gauges of how much needs an operator, which are there from the beginning. Read from memory: no
 * server is asked.
 */
final class NoticeGauges implements Gauges {

  private final GaugeSet<Operations> notices;
  private final GaugeSet<StoreGuard> guards;

  NoticeGauges(MeterRegistry registry, Operations operations, StoreGuard guard) {
    this.notices = new GaugeSet<>(registry, () -> operations);
    this.guards = new GaugeSet<>(registry, () -> guard);
    notices.value(
        "persistence.notices",
        Tags.empty(),
        "notices for an operator; Operations.notices says them",
        known -> known.notices().size());
    guards.value(
        "persistence.escalations.open",
        Tags.empty(),
        "kinds of failures that nobody has acknowledged",
        known -> known.escalations().size());
    guards.value(
        "persistence.breakers.open",
        Tags.empty(),
        "breakers that are not closed",
        known ->
            known.breakers().stream()
                .filter(breaker -> breaker.state() != Breaker.State.CLOSED)
                .count());
  }

  @Override
  public void close() {
    notices.close();
    guards.close();
  }
}
