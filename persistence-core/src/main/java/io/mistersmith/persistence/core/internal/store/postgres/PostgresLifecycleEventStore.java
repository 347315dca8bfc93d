package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.LifecycleEventStore;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Reads {@code agents.lifecycle_events}, and writes what has no transaction of its own. */
final class PostgresLifecycleEventStore implements LifecycleEventStore {

  private static final String LIST =
      """
      SELECT event_id, agent_id, event_type, previous_status, new_status, event_data, triggered_by,
             created_at
        FROM agents.lifecycle_events
       WHERE agent_id = :agent AND created_at >= :since::timestamptz
       ORDER BY created_at DESC, event_id
       LIMIT :limit
      """;

  private final Statements statements;

  PostgresLifecycleEventStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean record(LifecycleEvent event) {
    return statements.write(
        "record the event " + event.type() + " of agent " + event.agent(),
        handle -> LifecycleEventLog.record(handle, event));
  }

  @Override
  public List<LifecycleEvent> list(AgentId agent, Optional<Instant> since, int limit) {
    AgentId unused = agent.requireRegistered("lifecycle events");
    return statements.read(
        "list the events of agent " + agent,
        handle ->
            handle
                .createQuery(LIST)
                .bind("agent", agent.uuid())
                .bind("since", SqlTime.text(since.orElse(Instant.EPOCH)))
                .bind("limit", limit)
                .map(LifecycleEventLog::read)
                .list());
  }

  @Override
  public List<LifecycleEvent> find(EventQuery query) {
    return statements.read(
        "find events of agents",
        handle ->
            EventSearch.bind(handle.createQuery(EventSearch.sql(query)), query)
                .map(LifecycleEventLog::read)
                .list());
  }
}
