package io.mistersmith.persistence.core.internal.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.lifecycle.LifecycleState;
import io.mistersmith.persistence.monitor.PersistenceListener;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Checks, as it listens, that each agent's changes follow from one another, beginning cold. */
final class Chains implements PersistenceListener {

  private final List<LifecycleChange> changes = new CopyOnWriteArrayList<>();
  private final Map<String, LifecycleState> last = new ConcurrentHashMap<>();
  private final List<String> broken = new CopyOnWriteArrayList<>();

  @Override
  public void onLifecycle(LifecycleChange change) {
    changes.add(change);
    LifecycleState before = last.put(change.agent(), change.to());
    LifecycleState expected = before == null ? LifecycleState.COLD : before;
    if (expected != change.from()) {
      broken.add(change + " came after " + expected);
    }
  }

  LifecycleState last(String agent) {
    return last.getOrDefault(agent, LifecycleState.COLD);
  }

  void assertUnbroken() {
    assertThat(broken).isEmpty();
  }

  /** The states that were reached since the last call, in order. */
  List<LifecycleState> reached() {
    List<LifecycleState> states = changes.stream().map(LifecycleChange::to).toList();
    changes.clear();
    return states;
  }

  List<LifecycleChange> changes() {
    return changes;
  }
}
