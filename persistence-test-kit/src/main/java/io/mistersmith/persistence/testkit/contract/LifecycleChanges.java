package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what a runtime says about the lifecycle of its agents. */
final class LifecycleChanges implements PersistenceListener {

  private final List<LifecycleChange> changes = new CopyOnWriteArrayList<>();
  private final List<Hydration> hydrations = new CopyOnWriteArrayList<>();
  private final AtomicInteger evicted = new AtomicInteger();

  @Override
  public void onLifecycle(LifecycleChange change) {
    changes.add(change);
  }

  @Override
  public void onAgentHydrated(Hydration hydration) {
    hydrations.add(hydration);
  }

  @Override
  public void onEvicted(String bucket, int entries) {
    evicted.addAndGet(entries);
  }

  /** The states that an agent reached, in order. */
  List<LifecycleState> reached(String agent) {
    return of(agent).stream().map(LifecycleChange::to).toList();
  }

  List<LifecycleChange> of(String agent) {
    return changes.stream().filter(change -> change.agent().equals(agent)).toList();
  }

  List<Hydration> hydrations() {
    return hydrations;
  }

  int evicted() {
    return evicted.get();
  }
}
