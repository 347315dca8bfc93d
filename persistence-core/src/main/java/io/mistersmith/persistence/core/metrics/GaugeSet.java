package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Gauges over figures that are had together. While they are not known, the gauges have no value.
 * Closing removes them. Used by one thread, and read by any.
 *
 * @param <T> the figures
 */
final class GaugeSet<T> implements Gauges {

  private final MeterRegistry registry;
  private final Supplier<@Nullable T> figures;
  private final List<Meter> meters = new ArrayList<>();

  /** A registry holds what it asks weakly. */
  private final List<LastKnown<T>> counts = new ArrayList<>();

  GaugeSet(MeterRegistry registry, Supplier<@Nullable T> figures) {
    this.registry = registry;
    this.figures = figures;
  }

  void value(String name, Tags tags, String description, ToDoubleFunction<T> figure) {
    meters.add(
        Gauge.builder(name, this, set -> set.read(figure))
            .tags(tags)
            .description(description)
            .register(registry));
  }

  void bytes(String name, Tags tags, String description, ToDoubleFunction<T> figure) {
    meters.add(
        Gauge.builder(name, this, set -> set.read(figure))
            .tags(tags)
            .baseUnit("bytes")
            .description(description)
            .register(registry));
  }

  void time(String name, Tags tags, String description, Function<T, Duration> figure) {
    optionalTime(name, tags, description, all -> Optional.of(figure.apply(all)));
  }

  void optionalTime(
      String name, Tags tags, String description, Function<T, Optional<Duration>> figure) {
    meters.add(
        TimeGauge.builder(
                name,
                this,
                TimeUnit.NANOSECONDS,
                set ->
                    set.read(
                        all ->
                            figure
                                .apply(all)
                                .map(time -> (double) time.toNanos())
                                .orElse(Double.NaN)))
            .tags(tags)
            .description(description)
            .register(registry));
  }

  /** A count since the runtime was opened. It stays where it is while it is not known. */
  void count(String name, Tags tags, String description, ToDoubleFunction<T> figure) {
    LastKnown<T> count = new LastKnown<>(this, figure);
    counts.add(count);
    meters.add(
        FunctionCounter.builder(name, count, LastKnown::read)
            .tags(tags)
            .description(description)
            .register(registry));
  }

  private double read(ToDoubleFunction<T> figure) {
    T known = figures.get();
    return known == null ? Double.NaN : figure.applyAsDouble(known);
  }

  @Override
  public void close() {
    meters.forEach(registry::remove);
    meters.clear();
  }

  private static final class LastKnown<T> {

    private final GaugeSet<T> set;
    private final ToDoubleFunction<T> figure;
    private volatile double last;

    LastKnown(GaugeSet<T> set, ToDoubleFunction<T> figure) {
      this.set = set;
      this.figure = figure;
    }

    double read() {
      double value = set.read(figure);
      if (!Double.isNaN(value)) {
        last = value;
      }
      return last;
    }
  }
}
