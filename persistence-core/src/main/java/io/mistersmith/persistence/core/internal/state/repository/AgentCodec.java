package io.mistersmith.persistence.core.internal.state.repository;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.JsonCodec;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** An agent as it is in the bucket AGENT_CONFIG: the registry's column names. */
final class AgentCodec implements JsonCodec<Agent> {

  private static final JsonCodec<Object> JSON = Json.mapping(Object.class);

  @Override
  public byte[] encode(Agent agent) {
    Map<String, Object> fields = new TreeMap<>();
    fields.put("agent_id", agent.id().toString());
    fields.put("agent_type", agent.type());
    fields.put("agent_name", agent.name());
    fields.put("status", agent.status().name().toLowerCase(Locale.ROOT));
    fields.put("capabilities", agent.capabilities());
    fields.put("configuration", agent.configuration());
    fields.put("metadata", agent.metadata());
    agent.parent().ifPresent(parent -> fields.put("parent_agent_id", parent.toString()));
    return JSON.encode(fields);
  }

  @Override
  public Agent decode(byte[] json) {
    try {
      Map<?, ?> fields = (Map<?, ?>) JSON.decode(json);
      return new Agent(
          AgentId.parse(text(fields, "agent_id")),
          text(fields, "agent_type"),
          text(fields, "agent_name"),
          Agent.Status.valueOf(text(fields, "status").toUpperCase(Locale.ROOT)),
          object(fields, "capabilities"),
          object(fields, "configuration"),
          object(fields, "metadata"),
          Optional.ofNullable(fields.get("parent_agent_id")).map(id -> AgentId.parse((String) id)));
    } catch (ClassCastException
        | IllegalArgumentException
        | NullPointerException
        | NonTransientPersistenceException e) {
      throw new NonTransientPersistenceException(
          DataError.SERIALIZATION_ERROR, "the entry is no agent: " + e.getClass().getSimpleName());
    }
  }

  private static String text(Map<?, ?> fields, String name) {
    return (String) present(fields, name);
  }

  @SuppressWarnings("unchecked") // JSON objects have text keys
  private static Map<String, Object> object(Map<?, ?> fields, String name) {
    return (Map<String, Object>) present(fields, name);
  }

  private static Object present(Map<?, ?> fields, String name) {
    Object value = fields.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name);
    }
    return value;
  }
}
