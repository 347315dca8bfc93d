package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Records the inconsistencies and reports that a runtime sends to its listener. */
final class ConsistencyEvents implements PersistenceListener {

  private final List<Inconsistency> found = new CopyOnWriteArrayList<>();
  private final List<ConsistencyReport> reports = new CopyOnWriteArrayList<>();

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.InconsistencyFound inconsistency) {
      found.add(inconsistency.found());
    } else if (event instanceof PersistenceEvent.ConsistencyChecked checked) {
      reports.add(checked.report());
    }
  }

  List<Inconsistency> found() {
    return found;
  }

  List<ConsistencyReport> reports() {
    return reports;
  }
}
