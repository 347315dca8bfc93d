package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Meter;
import java.util.Comparator;

/** Orders meters by their names and labels. */
final class MeterOrder implements Comparator<Meter.Id> {

  @Override
  public int compare(Meter.Id one, Meter.Id other) {
    return text(one).compareTo(text(other));
  }

  private static String text(Meter.Id id) {
    return id.getName() + id.getTags();
  }
}
