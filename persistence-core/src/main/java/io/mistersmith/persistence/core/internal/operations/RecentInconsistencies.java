package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.operations.Figure.Reading;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceEvent.InconsistencyFound;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Clock;

/** Counts the inconsistencies that this runtime's checks found in the last hour. Thread-safe. */
public final class RecentInconsistencies implements PersistenceListener {

  private final HourCount found;

  /** Counts by this clock. */
  public RecentInconsistencies(Clock clock) {
    this.found = new HourCount(clock);
  }

  @Override
  public boolean wants(Class<? extends PersistenceEvent> kind) {
    return kind == InconsistencyFound.class;
  }

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof InconsistencyFound inconsistency) {
      found.add(inconsistency.found().kind() + ", " + inconsistency.found().repair());
    }
  }

  Reading read() {
    return Reading.of(
        (double) found.sum(), found.last().map(last -> "the last one is " + last).orElse("none"));
  }
}
