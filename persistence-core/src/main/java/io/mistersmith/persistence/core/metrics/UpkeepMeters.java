package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.MonitoringEvent.AlertChanged;
import io.mistersmith.persistence.event.MonitoringEvent.JobRan;

/** Meters of the jobs of the upkeep, and of what happens to alerts. Thread-safe. */
final class UpkeepMeters {

  private final MeterRegistry registry;

  UpkeepMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void jobRan(JobRan ran) {
    Timer.builder("persistence.upkeep.duration")
        .description("runs of the upkeep's jobs in this runtime")
        .tag("job", ran.run().job())
        .tag("outcome", ran.run().outcome().name())
        .register(registry)
        .record(ran.run().took());
  }

  void alertChanged(AlertChanged changed) {
    Counter.builder("persistence.alert.changes")
        .description("what happened to alerts, as this runtime found")
        .tag("metric", changed.change().alert().metric())
        .tag("change", changed.change().change().name())
        .register(registry)
        .increment();
  }
}
