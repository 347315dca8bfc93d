package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.PersistenceEvent.AgentHydrated;
import io.mistersmith.persistence.event.PersistenceEvent.ConflictMet;
import io.mistersmith.persistence.event.PersistenceEvent.ConsistencyChecked;
import io.mistersmith.persistence.event.PersistenceEvent.Evicted;
import io.mistersmith.persistence.event.PersistenceEvent.InconsistencyFound;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;

/** Meters of entries: conflicts, moves between the stores, and comparisons. Thread-safe. */
final class StateMeters {

  private final MeterRegistry registry;
  private final Counter lost;
  private final Counter hydrations;
  private final Timer bulkHydrations;
  private final Counter evictions;
  private final Counter compared;
  private final Timer checks;

  StateMeters(MeterRegistry registry) {
    this.registry = registry;
    this.lost = counter("persistence.conflicts.lost", "times that another writer was faster");
    this.hydrations = counter("persistence.hydrations", "entries brought from PostgreSQL to KV");
    this.bulkHydrations =
        timer("persistence.hydration.duration", "hydrations of all of an agent's entries");
    this.evictions = counter("persistence.evictions", "idle entries taken out of KV");
    this.compared = counter("persistence.consistency.compared", "keys compared by checks");
    for (Kind kind : Kind.values()) { // so that the first one is an increase
      for (Repair repair : Repair.values()) {
        var unused = found(kind, repair);
      }
    }
    this.checks = timer("persistence.consistency.check.duration", "checks of consistency");
  }

  private Counter counter(String name, String description, String... tags) {
    return Counter.builder(name).tags(tags).description(description).register(registry);
  }

  private Counter found(Kind kind, Repair repair) {
    return counter(
        "persistence.inconsistencies",
        "differences between the stores, and orphans, that checks found",
        "kind",
        kind.name(),
        "repair",
        repair.name());
  }

  private Timer timer(String name, String description) {
    return Timer.builder(name).description(description).register(registry);
  }

  void conflictMet(ConflictMet conflict) {
    counter(
            "persistence.conflicts",
            "saves that met another version",
            "strategy",
            conflict.strategy().name(),
            "outcome",
            conflict.outcome().name())
        .increment();
    lost.increment(conflict.lost());
  }

  void hydrated() {
    hydrations.increment();
  }

  void agentHydrated(AgentHydrated hydrated) {
    bulkHydrations.record(hydrated.hydration().took());
  }

  void evicted(Evicted evicted) {
    evictions.increment(evicted.entries());
  }

  void inconsistencyFound(InconsistencyFound inconsistency) {
    found(inconsistency.found().kind(), inconsistency.found().repair()).increment();
  }

  void checked(ConsistencyChecked checked) {
    compared.increment((double) checked.report().compared());
    checks.record(checked.report().took());
  }
}
