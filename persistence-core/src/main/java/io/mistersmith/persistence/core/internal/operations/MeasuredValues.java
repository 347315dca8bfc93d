package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Alerts.Measurement;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The values that this runtime measured last, until they are old. Thread-safe. */
final class MeasuredValues {

  /** After so many check intervals a value is old. */
  private static final int INTERVALS = 3;

  private final KnownThresholds thresholds;
  private final Clock clock;
  private final Map<String, Noted> noted = new ConcurrentSkipListMap<>();

  private record Noted(Measurement measurement, Instant at) {}

  MeasuredValues(KnownThresholds thresholds, Clock clock) {
    this.thresholds = thresholds;
    this.clock = clock;
  }

  void note(List<Measurement> values) {
    Instant now = clock.instant();
    values.forEach(value -> noted.put(value.metric(), new Noted(value, now)));
  }

  List<Measurement> all() {
    Instant now = clock.instant();
    noted
        .values()
        .removeIf(
            value ->
                value
                    .at()
                    .plus(
                        thresholds
                            .checkInterval(value.measurement().metric())
                            .multipliedBy(INTERVALS))
                    .isBefore(now));
    return noted.values().stream().map(Noted::measurement).toList();
  }
}
