package io.mistersmith.persistence.testkit.contract;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what a runtime says about the lifecycle of its agents. */
final class LifecycleChanges implements PersistenceListener {

  private final List<PersistenceEvent.LifecycleChanged> changes = new CopyOnWriteArrayList<>();
  private final List<Hydration> hydrations = new CopyOnWriteArrayList<>();
  private final AtomicInteger evicted = new AtomicInteger();

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.LifecycleChanged change) {
      changes.add(change);
    } else if (event instanceof PersistenceEvent.AgentHydrated hydrated) {
      hydrations.add(hydrated.hydration());
    } else if (event instanceof PersistenceEvent.Evicted sent) {
      evicted.addAndGet(sent.entries());
    }
  }

  /** The states that an agent reached, in order. */
  List<LifecycleState> reached(AgentId agent) {
    return of(agent).stream().map(PersistenceEvent.LifecycleChanged::to).toList();
  }

  List<PersistenceEvent.LifecycleChanged> of(AgentId agent) {
    return changes.stream().filter(change -> change.agent().equals(agent)).toList();
  }

  List<Hydration> hydrations() {
    return hydrations;
  }

  int evicted() {
    return evicted.get();
  }
}
