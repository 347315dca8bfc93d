package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.Inconsistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a listener was told of consistency. */
final class Heard implements PersistenceListener {

  private final List<Inconsistency> found = new CopyOnWriteArrayList<>();
  private final List<ConsistencyReport> reports = new CopyOnWriteArrayList<>();

  @Override
  public void onInconsistent(Inconsistency one) {
    found.add(one);
  }

  @Override
  public void onConsistencyChecked(ConsistencyReport report) {
    reports.add(report);
  }

  List<Inconsistency> found() {
    return found;
  }

  List<ConsistencyReport> reports() {
    return reports;
  }
}
