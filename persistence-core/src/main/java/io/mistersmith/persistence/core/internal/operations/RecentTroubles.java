package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.InconsistencyFound;
import io.mistersmith.persistence.event.PersistenceEvent.ServiceFailed;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Clock;

/** Counts what went wrong in the last hour. Thread-safe. */
public final class RecentTroubles implements PersistenceListener {

  private final HourCount inconsistencies;
  private final HourCount failures;

  /** Counts by this clock. */
  public RecentTroubles(Clock clock) {
    this.inconsistencies = new HourCount(clock);
    this.failures = new HourCount(clock);
  }

  @Override
  public boolean wants(Class<? extends PersistenceEvent> kind) {
    return kind == InconsistencyFound.class || kind == ServiceFailed.class;
  }

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof InconsistencyFound found) {
      inconsistencies.add(found.found().kind() + ", " + found.found().repair());
    } else if (event instanceof ServiceFailed failed) {
      failures.add(failed.service());
    }
  }

  Reading inconsistencies() {
    return reading(inconsistencies);
  }

  Reading serviceFailures() {
    return reading(failures);
  }

  private static Reading reading(HourCount count) {
    return Reading.of(
        count.sum(), count.last().map(last -> "the last one is " + last).orElse("none"));
  }
}
