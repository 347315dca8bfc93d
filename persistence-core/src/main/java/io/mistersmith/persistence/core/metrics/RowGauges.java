package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gauge for each row of an answer, which is there while the answer has the row. While the answer
 * is not known there is none.
 */
final class RowGauges implements Gauges {

  private final LatestAnswer<Map<Tags, Double>> latest;
  private final KeyedGauges<Tags> gauges;

  /**
   * Gauges that show nothing yet.
   *
   * @param what what the question is about
   * @param question returns the value of each row by its labels
   */
  RowGauges(
      MeterRegistry registry,
      String name,
      String description,
      String what,
      Supplier<@Nullable Map<Tags, Double>> question) {
    this.latest = new LatestAnswer<>(what, question);
    this.gauges =
        new KeyedGauges<>(
            row -> {
              GaugeSet<Map<Tags, Double>> set = new GaugeSet<>(registry, latest);
              set.value(name, row, description, rows -> rows.getOrDefault(row, Double.NaN));
              return set;
            });
  }

  /** Asks, and shows the answer. */
  void ask() {
    try {
      latest.run();
    } finally {
      Map<Tags, Double> rows = latest.get();
      gauges.show(rows == null ? Set.of() : rows.keySet());
    }
  }

  @Override
  public void close() {
    gauges.close();
  }
}
