package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A gauge for each row of an answer, which is there while the answer has the row. While the answer
 * is not known there is none.
 *
 * @param <T> a row
 */
final class RowGauges<T> implements Gauges {

  private final LatestAnswer<List<T>> latest;
  private final Function<T, Row<?>> row;
  private final MultiGauge gauges;

  /**
   * Gauges that show nothing yet.
   *
   * @param what what the question is about
   * @param row the labels and the value of a row
   */
  RowGauges(
      MeterRegistry registry,
      String name,
      String description,
      String what,
      Supplier<@Nullable List<T>> question,
      Function<T, Row<?>> row) {
    this.latest = new LatestAnswer<>(what, question);
    this.row = row;
    this.gauges = MultiGauge.builder(name).description(description).register(registry);
  }

  /** Asks, and shows the answer. */
  void ask() {
    try {
      latest.run();
    } finally {
      show(latest.get());
    }
  }

  private void show(@Nullable List<T> rows) {
    gauges.register(rows == null ? List.of() : rows.stream().<Row<?>>map(row).toList(), true);
  }

  @Override
  public void close() {
    show(null);
  }
}
