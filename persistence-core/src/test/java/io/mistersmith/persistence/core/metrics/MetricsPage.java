package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusNamingConvention;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** The tables of docs/metrics.md, made of the meters themselves. */
final class MetricsPage {

  private static final NamingConvention NAMES = new PrometheusNamingConvention();

  private final Map<String, Meter.Id> meters = new LinkedHashMap<>();

  MetricsPage(List<Meter.Id> meters) {
    meters.forEach(meter -> this.meters.putIfAbsent(meter.getName(), meter));
  }

  /** Returns the name of a meter in a scrape; that of a timer is the stem of its series. */
  String prometheus(String meter) {
    Meter.Id id = Objects.requireNonNull(meters.get(meter), meter);
    String name = NAMES.name(id.getName(), id.getType(), id.getBaseUnit());
    boolean counter = id.getType() == Meter.Type.COUNTER;
    return counter && !name.endsWith("_total") ? name + "_total" : name;
  }

  String meters() {
    return meters.values().stream()
        .map(
            id ->
                "| `%s` | `%s` | %s | %s | %s |\n"
                    .formatted(
                        id.getName(),
                        prometheus(id.getName()),
                        type(id),
                        id.getTags().stream()
                            .map(Tag::getKey)
                            .map("`%s`"::formatted)
                            .collect(Collectors.joining(", ")),
                        Objects.requireNonNull(id.getDescription(), id.getName())))
        .collect(
            Collectors.joining(
                "",
                "| meter | in Prometheus | kind | labels | meaning |\n|---|---|---|---|---|\n",
                ""));
  }

  private static String type(Meter.Id id) {
    return switch (id.getType()) {
      case COUNTER -> "counter";
      case TIMER -> "timer";
      default -> "gauge";
    };
  }

  String specified() {
    return SpecifiedFigures.all().stream()
        .map(
            figure ->
                "| `%s` | `%s` | `%s` |\n"
                    .formatted(
                        figure.name(),
                        figure.meter(),
                        figure.query().isEmpty()
                            ? prometheus(figure.meter())
                            : figure.query().replace("|", "\\|")))
        .collect(Collectors.joining("", "| figure | meter | in PromQL |\n|---|---|---|\n", ""));
  }
}
