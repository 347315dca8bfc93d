package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/**
 * Registers or replaces many agents with a few statements: one to lock the rows that exist, one to
 * update them, one to insert the others, one for the lifecycle events. A batch that is refused is
 * halved until the refused agents are alone.
 */
final class AgentBatch {

  private static final int ATTEMPTS = 5;
  private static final int MAX_CHARACTERS = 4 * 1024 * 1024;

  private static final String GIVEN =
      """
        FROM unnest(:ids, :types, :names, :statuses, :capabilities, :configurations, :metadata,
                    :parents)
          AS c (id, type, name, status, capabilities, configuration, metadata, parent)
      """;

  private static final String RETURNED =
      """
      RETURNING r.agent_id, r.agent_type, r.agent_name, r.status, r.capabilities, r.configuration,
                r.metadata, r.parent_agent_id, r.version, r.updated_at
      """;

  /** In the order of the ids, so that two runtimes do not wait in a circle. */
  private static final String LOCK =
      """
      SELECT agent_id, status
        FROM agents.registry
       WHERE agent_id = ANY (:ids::uuid[])
       ORDER BY agent_id
         FOR NO KEY UPDATE
      """;

  private static final String UPDATE =
      """
      UPDATE agents.registry r
         SET agent_type = c.type, agent_name = c.name,
             status = c.status::agents.agent_status_type,
             capabilities = c.capabilities::jsonb, configuration = c.configuration::jsonb,
             metadata = CASE WHEN c.metadata::jsonb <> '{}' THEN c.metadata::jsonb
                             ELSE r.metadata END,
             parent_agent_id = c.parent::uuid, version = r.version + 1,
             updated_at = clock_timestamp()
      """
          + GIVEN
          + "WHERE r.agent_id = c.id::uuid "
          + RETURNED;

  private static final String INSERT =
      """
      INSERT INTO agents.registry AS r
             (agent_id, agent_type, agent_name, status, capabilities, configuration, metadata,
              parent_agent_id)
      SELECT c.id::uuid, c.type, c.name, c.status::agents.agent_status_type,
             c.capabilities::jsonb, c.configuration::jsonb,
             CASE WHEN c.metadata::jsonb <> '{}' THEN c.metadata::jsonb
                  ELSE agents.default_agent_metadata() END,
             c.parent::uuid
      """
          + GIVEN
          + "ON CONFLICT (agent_id) DO NOTHING "
          + RETURNED;

  private final Statements statements;

  AgentBatch(Statements statements) {
    this.statements = statements;
  }

  /** Saves the agents unconditionally; parents must come before their children. */
  Map<AgentId, DataResult<StoredAgent>> save(Collection<Agent> agents) {
    Map<AgentId, DataResult<StoredAgent>> results = new LinkedHashMap<>();
    List<AgentValues> batch = new ArrayList<>();
    long characters = 0;
    for (Agent agent : agents) {
      try {
        AgentValues values = AgentRow.values(agent);
        if (!batch.isEmpty() && characters + values.characters() > MAX_CHARACTERS) {
          save(batch, results);
          batch.clear();
          characters = 0;
        }
        batch.add(values);
        characters += values.characters();
      } catch (PersistenceException e) {
        results.put(agent.id(), DataResult.failure(e));
      }
    }
    save(batch, results);
    Map<AgentId, DataResult<StoredAgent>> inOrder = new LinkedHashMap<>();
    agents.forEach(
        agent -> inOrder.put(agent.id(), Objects.requireNonNull(results.get(agent.id()))));
    return inOrder;
  }

  private void save(List<AgentValues> batch, Map<AgentId, DataResult<StoredAgent>> results) {
    if (batch.isEmpty()) {
      return;
    }
    try {
      saveTogether(batch).forEach((id, stored) -> results.put(id, DataResult.success(stored)));
    } catch (PersistenceException e) {
      if (batch.size() > 1 && othersMayPass(e)) {
        int half = batch.size() / 2;
        save(batch.subList(0, half), results);
        save(batch.subList(half, batch.size()), results);
      } else {
        batch.forEach(values -> results.put(values.agent().id(), DataResult.failure(e)));
      }
    }
  }

  /**
   * Whether a part of a batch that was refused as a whole may pass: not when the server is
   * unreachable, or the schema lacks something.
   */
  static boolean othersMayPass(PersistenceException e) {
    return switch (e.error()) {
      case CONNECTION_FAILED, UNAVAILABLE, POOL_EXHAUSTED, CLOSED -> false;
      case MISCONFIGURED -> !PostgresFailures.state(e).startsWith("42");
      default -> true;
    };
  }

  private Map<AgentId, StoredAgent> saveTogether(List<AgentValues> batch) {
    String what =
        batch.size() == 1
            ? "save agent " + batch.get(0).agent().id()
            : "save " + batch.size() + " agents";
    return statements.attempt(
        SqlOptions.of(what).withAttempts(ATTEMPTS), handle -> saveIn(handle, what, batch));
  }

  private static Map<AgentId, StoredAgent> saveIn(
      Handle handle, String what, List<AgentValues> batch) {
    Map<AgentId, Agent.Status> before = new HashMap<>();
    handle
        .createQuery(LOCK)
        .bind("ids", SqlArray.text(ids(batch)))
        .map(
            (row, c) ->
                Map.entry(AgentId.of(row.getObject(1, UUID.class)), AgentRow.status(row, c)))
        .forEach(row -> before.put(row.getKey(), row.getValue()));
    Map<AgentId, StoredAgent> saved = new HashMap<>();
    write(handle, UPDATE, batch.stream().filter(v -> before.containsKey(v.id())).toList(), saved);
    write(handle, INSERT, batch.stream().filter(v -> !before.containsKey(v.id())).toList(), saved);
    if (saved.size() < batch.size()) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          what + ": one was registered or deleted meanwhile; try again");
    }
    LifecycleEventLog.statuses(handle, before, saved.values());
    return saved;
  }

  private static void write(
      Handle handle, String sql, List<AgentValues> rows, Map<AgentId, StoredAgent> saved) {
    if (!rows.isEmpty()) {
      bind(handle.createQuery(sql), rows)
          .map(AgentRow::read)
          .forEach(stored -> saved.put(stored.agent().id(), stored));
    }
  }

  private static <S extends SqlStatement<S>> S bind(S statement, List<AgentValues> rows) {
    return statement
        .bind("ids", SqlArray.text(ids(rows)))
        .bind("types", column(rows, values -> values.agent().type()))
        .bind("names", column(rows, values -> values.agent().name()))
        .bind("statuses", column(rows, AgentValues::status))
        .bind("capabilities", column(rows, AgentValues::capabilities))
        .bind("configurations", column(rows, AgentValues::configuration))
        .bind("metadata", column(rows, AgentValues::metadata))
        .bind(
            "parents",
            SqlArray.text(
                rows.stream()
                    .map(values -> values.agent().parent().map(AgentId::toString).orElse(null))
                    .toList()));
  }

  private static SqlArray column(List<AgentValues> rows, Function<AgentValues, String> value) {
    return SqlArray.text(rows.stream().map(value).toList());
  }

  private static List<String> ids(List<AgentValues> rows) {
    return rows.stream().map(values -> values.id().toString()).toList();
  }
}
