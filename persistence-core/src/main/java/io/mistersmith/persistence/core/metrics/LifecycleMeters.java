package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.event.PersistenceEvent;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Counts the changes of agents' states, and from them how many agents are in each. An agent that
 * this process knows nothing of is cold, so that there is no figure of those. Thread-safe.
 */
final class LifecycleMeters {

  private final Map<LifecycleState, Map<LifecycleState, Counter>> changes =
      new EnumMap<>(LifecycleState.class);
  private final Map<LifecycleState, SetGauge> agents = new EnumMap<>(LifecycleState.class);

  LifecycleMeters(MeterRegistry registry) {
    for (LifecycleState from : LifecycleState.values()) {
      Map<LifecycleState, Counter> next = new EnumMap<>(LifecycleState.class);
      for (LifecycleState to : from.next()) {
        next.put(
            to,
            Counter.builder("persistence.lifecycle.transitions")
                .tags("from", from.name(), "to", to.name())
                .description("changes of agents' states in this process")
                .register(registry));
      }
      changes.put(from, next);
      if (from != LifecycleState.COLD) {
        agents.put(
            from,
            new SetGauge(
                registry,
                "persistence.lifecycle.agents",
                Tags.of("state", from.name()),
                "agents of this process in each state; cold ones are not counted"));
      }
    }
  }

  void count(PersistenceEvent.LifecycleChanged change) {
    Objects.requireNonNull(
            Objects.requireNonNull(changes.get(change.from())).get(change.to()),
            "a change is legal")
        .increment();
    add(change.from(), -1);
    add(change.to(), 1);
  }

  private void add(LifecycleState state, int delta) {
    SetGauge count = agents.get(state);
    if (count != null) {
      count.add(delta);
    }
  }
}
