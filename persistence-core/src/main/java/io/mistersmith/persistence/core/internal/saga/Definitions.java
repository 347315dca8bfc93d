package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SagaStore.Claimed;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The definitions that a runner knows, with those nested in them. Immutable. */
final class Definitions {

  private final Map<Definition, Saga> sagas = new LinkedHashMap<>();

  /**
   * Collects definitions.
   *
   * @throws IllegalArgumentException when two have one name and version, or there is none
   */
  Definitions(Collection<Saga> all) {
    if (all.isEmpty()) {
      throw new IllegalArgumentException("a runner of sagas knows one definition at least");
    }
    all.forEach(this::add);
  }

  private void add(Saga saga) {
    Saga other = sagas.putIfAbsent(of(saga), saga);
    if (other == saga) {
      return;
    }
    if (other != null) {
      throw new IllegalArgumentException(
          "there are two definitions of " + saga + "; give one of them another version");
    }
    for (SagaStep step : saga.steps()) {
      if (step.action() instanceof SagaStep.Nested nested) {
        add(nested.saga());
      }
    }
  }

  static Definition of(Saga saga) {
    return new Definition(saga.name(), saga.version());
  }

  Set<Definition> names() {
    return sagas.keySet();
  }

  Optional<Saga> find(Definition name) {
    return Optional.ofNullable(sagas.get(name));
  }

  /** Returns the definition of a run. */
  Optional<Saga> find(Claimed claimed) {
    return find(new Definition(claimed.run().name(), claimed.run().version()));
  }

  /** Returns how a run's steps differ from its definition's; empty where they do not. */
  static Optional<String> difference(Saga saga, Claimed claimed) {
    List<String> steps = saga.steps().stream().map(SagaStep::name).toList();
    return steps.equals(claimed.steps())
        ? Optional.empty()
        : Optional.of(
            saga
                + " has the steps "
                + steps
                + ", and the run was started with "
                + claimed.steps()
                + "; give the definition its steps back and resume the run, and use a new version"
                + " for the changed ones");
  }
}
