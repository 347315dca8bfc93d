package io.mistersmith.persistence.core.internal.store.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code agents.lifecycle_events} within the transaction of the recorded change. Events that
 * are recorded with what they tell of get the database's time; the others bring theirs.
 */
final class LifecycleEventLog {

  private static final ObjectMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<HashMap<String, Object>> OBJECT = new TypeReference<>() {};

  private static final String RECORD =
      """
      INSERT INTO agents.lifecycle_events
             (event_id, agent_id, event_type, previous_status, new_status, event_data, triggered_by,
              created_at)
      VALUES (:id, :agent, :type, :previous::agents.agent_status_type,
              :new::agents.agent_status_type, :data::jsonb, :triggeredBy::uuid,
              coalesce(:at::timestamptz, clock_timestamp()))
      ON CONFLICT (event_id, created_at) DO NOTHING
      """;

  private static final String RECORD_STATUSES =
      """
      INSERT INTO agents.lifecycle_events
             (event_id, agent_id, event_type, previous_status, new_status, event_data, created_at)
      SELECT gen_random_uuid(), c.agent::uuid, c.type, c.previous::agents.agent_status_type,
             c.new::agents.agent_status_type, '{}', clock_timestamp()
        FROM unnest(:agents, :types, :previous, :new) AS c (agent, type, previous, new)
      """;

  private LifecycleEventLog() {}

  /** Returns false when the event is there. */
  static boolean record(Handle handle, LifecycleEvent event) {
    return insert(
        handle,
        event.id(),
        event.agent(),
        event.type(),
        event.previousStatus(),
        event.newStatus(),
        event.data(),
        event.triggeredBy().orElse(null),
        SqlTime.text(event.at()));
  }

  /** Records what this transaction does. */
  static void happened(Handle handle, AgentId agent, String type, Map<String, Object> data) {
    insert(
        handle,
        UUID.randomUUID(),
        agent,
        type,
        Optional.empty(),
        Optional.empty(),
        data,
        null,
        null);
  }

  /** Records a registration, or a change of status if it is one. */
  static void status(
      Handle handle, AgentId agent, Optional<Agent.Status> before, Agent.Status after) {
    if (!before.equals(Optional.of(after))) {
      insert(
          handle,
          UUID.randomUUID(),
          agent,
          before.isEmpty() ? LifecycleEvent.REGISTERED : LifecycleEvent.STATUS_CHANGED,
          before,
          Optional.of(after),
          Map.of(),
          null,
          null);
    }
  }

  /** {@link #status} of many agents; {@code before} has those that were registered. */
  static void statuses(
      Handle handle, Map<AgentId, Agent.Status> before, Collection<StoredAgent> after) {
    List<String> agents = new ArrayList<>();
    List<String> types = new ArrayList<>();
    List<@Nullable String> previous = new ArrayList<>();
    List<String> next = new ArrayList<>();
    for (StoredAgent stored : after) {
      Agent.Status old = before.get(stored.agent().id());
      if (old != stored.agent().status()) {
        agents.add(stored.agent().id().toString());
        types.add(old == null ? LifecycleEvent.REGISTERED : LifecycleEvent.STATUS_CHANGED);
        previous.add(old == null ? null : column(old));
        next.add(column(stored.agent().status()));
      }
    }
    if (!agents.isEmpty()) {
      handle
          .createUpdate(RECORD_STATUSES)
          .bind("agents", SqlArray.text(agents))
          .bind("types", SqlArray.text(types))
          .bind("previous", SqlArray.text(previous))
          .bind("new", SqlArray.text(next))
          .execute();
    }
  }

  private static boolean insert(
      Handle handle,
      UUID id,
      AgentId agent,
      String type,
      Optional<Agent.Status> previous,
      Optional<Agent.Status> next,
      Map<String, Object> data,
      @Nullable AgentId triggeredBy,
      @Nullable String at) {
    return handle
            .createUpdate(RECORD)
            .bind("id", id)
            .bind("agent", agent.uuid())
            .bind("type", type)
            .bind("previous", previous.map(LifecycleEventLog::column).orElse(null))
            .bind("new", next.map(LifecycleEventLog::column).orElse(null))
            .bind("data", json(agent, type, data))
            .bind("triggeredBy", triggeredBy == null ? null : triggeredBy.uuid())
            .bind("at", at)
            .execute()
        == 1;
  }

  static LifecycleEvent read(ResultSet row, StatementContext context) throws SQLException {
    return new LifecycleEvent(
        row.getObject("event_id", UUID.class),
        AgentId.of(row.getObject("agent_id", UUID.class)),
        row.getString("event_type"),
        status(row.getString("previous_status")),
        status(row.getString("new_status")),
        data(row),
        Optional.ofNullable(row.getObject("triggered_by", UUID.class)).map(AgentId::of),
        SqlTime.get(row, "created_at"));
  }

  private static String column(Agent.Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  private static Optional<Agent.Status> status(@Nullable String column) {
    return Optional.ofNullable(column)
        .map(text -> Agent.Status.valueOf(text.toUpperCase(Locale.ROOT)));
  }

  private static String json(AgentId agent, String type, Map<String, Object> data) {
    try {
      return JSON.writeValueAsString(data);
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "event " + type + " of agent " + agent + ": its data cannot be written as JSON",
          e);
    }
  }

  /** Members that are null count as absent, as in an agent's maps. */
  private static Map<String, Object> data(ResultSet row) throws SQLException {
    try {
      Map<String, Object> data = JSON.readValue(row.getString("event_data"), OBJECT);
      data.values().removeIf(Objects::isNull);
      return data;
    } catch (JsonProcessingException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR,
          "event " + row.getString("event_id") + ": its data are no JSON object",
          e);
    }
  }
}
