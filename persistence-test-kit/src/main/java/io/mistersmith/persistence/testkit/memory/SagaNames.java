package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.testkit.memory.SagaTables.SagaRow;
import io.mistersmith.persistence.testkit.memory.SagaTables.UniqueKey;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Says which runs of sagas name an agent, by the runs that these are nested in. */
final class SagaNames {

  private final SagaRows sagas;
  private final String agent;

  SagaNames(SagaRows sagas, AgentId agent) {
    this.sagas = sagas;
    this.agent = agent.toString();
  }

  /** Returns the outermost runs around those that name the agent. */
  Set<UUID> roots() {
    Set<UUID> roots = new LinkedHashSet<>();
    sagas.runs.all().filter(this::names).forEach(row -> roots.add(root(row)));
    return roots;
  }

  private UUID root(SagaRow row) {
    Optional<SagaRow> parent = row.run().parent().flatMap(sagas.runs::find);
    return parent.isPresent() ? root(parent.get()) : row.run().id();
  }

  private boolean names(SagaRow row) {
    return row.run().correlationId().equals(agent)
        || row.uniqueKey().map(UniqueKey::key).filter(agent::equals).isPresent()
        || holds(row.run().input())
        || sagas.logOf(row.run().id()).stream().anyMatch(entry -> holds(entry.data()));
  }

  private boolean holds(@Nullable Object json) {
    if (json instanceof Map<?, ?> members) {
      return members.values().stream().anyMatch(this::holds);
    }
    return json instanceof List<?> elements
        ? elements.stream().anyMatch(this::holds)
        : agent.equals(json);
  }

  /** Returns how many of a run and those nested in it have not ended. */
  int open(UUID run) {
    int own = sagas.runs.find(run).filter(row -> !row.run().state().isEnd()).isPresent() ? 1 : 0;
    return own
        + sagas
            .runs
            .all()
            .filter(row -> row.run().parent().equals(Optional.of(run)))
            .mapToInt(row -> open(row.run().id()))
            .sum();
  }
}
