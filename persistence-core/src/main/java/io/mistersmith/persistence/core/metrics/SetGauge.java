package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.atomic.AtomicInteger;

/** A gauge that shows what it was set to last. Thread-safe. */
final class SetGauge {

  private final AtomicInteger value = new AtomicInteger();

  SetGauge(MeterRegistry registry, String name, Tags tags, String description) {
    Gauge.builder(name, value, AtomicInteger::get)
        .tags(tags)
        .description(description)
        .register(registry);
  }

  void set(boolean on) {
    value.set(on ? 1 : 0);
  }

  void add(int delta) {
    value.addAndGet(delta);
  }
}
