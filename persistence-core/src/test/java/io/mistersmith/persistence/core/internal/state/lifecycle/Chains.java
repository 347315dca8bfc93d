package io.mistersmith.persistence.core.internal.state.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** Checks, as it listens, that each agent's changes follow from one another, beginning cold. */
final class Chains implements PersistenceListener {

  private final Queue<PersistenceEvent.LifecycleChanged> changes = new ConcurrentLinkedQueue<>();
  private final Map<AgentId, LifecycleState> last = new ConcurrentHashMap<>();
  private final List<String> broken = new CopyOnWriteArrayList<>();

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.LifecycleChanged change) {
      changes.add(change);
      LifecycleState before = last.put(change.agent(), change.to());
      LifecycleState expected = before == null ? LifecycleState.COLD : before;
      if (expected != change.from()) {
        broken.add(change + " came after " + expected);
      }
    }
  }

  LifecycleState last(AgentId agent) {
    return last.getOrDefault(agent, LifecycleState.COLD);
  }

  void assertUnbroken() {
    assertThat(broken).isEmpty();
  }

  /** The states that were reached since the last call, in order. */
  List<LifecycleState> reached() {
    List<LifecycleState> states =
        changes.stream().map(PersistenceEvent.LifecycleChanged::to).toList();
    changes.clear();
    return states;
  }

  List<PersistenceEvent.LifecycleChanged> changes() {
    return List.copyOf(changes);
  }
}
