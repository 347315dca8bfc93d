package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.SqlStatement;
import org.jdbi.v3.core.statement.StatementContext;

/** Agents as rows of {@code agents.registry}: enums in lower case, maps as JSON. */
final class AgentRow {

  private AgentRow() {}

  static <S extends SqlStatement<S>> S bind(S statement, Agent agent) {
    AgentValues values = values(agent);
    return statement
        .bind("id", agent.id().uuid())
        .bind("type", agent.type())
        .bind("name", agent.name())
        .bind("status", values.status())
        .bind("capabilities", values.capabilities())
        .bind("configuration", values.configuration())
        .bind("metadata", values.metadata())
        .bind("parent", agent.parent().map(AgentId::uuid).orElse(null));
  }

  /**
   * The agent with its maps as JSON.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when one cannot be written
   */
  static AgentValues values(Agent agent) {
    return new AgentValues(
        agent,
        json(agent, "capabilities", agent.capabilities()),
        json(agent, "configuration", agent.configuration()),
        json(agent, "metadata", agent.metadata()));
  }

  static StoredAgent read(ResultSet row, StatementContext context) throws SQLException {
    AgentId id = AgentId.of(row.getObject("agent_id", UUID.class));
    return new StoredAgent(
        new Agent(
            id,
            row.getString("agent_type"),
            row.getString("agent_name"),
            status(row, context),
            map(id, "capabilities", row),
            map(id, "configuration", row),
            map(id, "metadata", row),
            Optional.ofNullable(row.getObject("parent_agent_id", UUID.class)).map(AgentId::of)),
        row.getLong("version"),
        SqlTime.get(row, "updated_at"));
  }

  static Agent.Status status(ResultSet row, StatementContext context) throws SQLException {
    return Agent.Status.valueOf(row.getString("status").toUpperCase(Locale.ROOT));
  }

  /**
   * What an agent's capabilities are to contain, as JSON.
   *
   * @throws NonTransientPersistenceException {@code SERIALIZATION_ERROR} when it cannot be written
   */
  static String json(Map<String, Object> capabilities) {
    return json("query of agents: the capabilities", capabilities);
  }

  private static String json(Agent agent, String field, Map<String, Object> value) {
    return json("agent " + agent.id() + ": " + field, value);
  }

  private static String json(String what, Map<String, Object> value) {
    return JsonColumn.text(what, value);
  }

  /** Members that are null count as absent: an agent's maps cannot hold them. */
  private static Map<String, Object> map(AgentId id, String field, ResultSet row)
      throws SQLException {
    return JsonColumn.map(
        "agent " + id + ": " + field + " in agents.registry", row.getString(field));
  }
}
