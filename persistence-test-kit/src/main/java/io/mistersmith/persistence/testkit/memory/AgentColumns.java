package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The constraints and defaults of the registry's columns. */
final class AgentColumns {

  private static final Pattern TIME = Pattern.compile("\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}");

  private AgentColumns() {}

  static void check(Agent agent, Predicate<AgentId> registered) {
    Optional<AgentId> parent = agent.parent();
    if (parent.isPresent() && !registered.test(parent.get())) {
      throw refused(agent, "SQLSTATE 23503, its parent " + parent.get() + " is not registered");
    }
    Map<String, Object> metadata = agent.metadata();
    if (!metadata.isEmpty() && !(metadata.containsKey("version") && hasTime(metadata))) {
      throw refused(
          agent,
          "SQLSTATE 23514, constraint valid_agent_metadata: metadata must have 'version', and"
              + " 'created_at' as an ISO 8601 time such as 2026-01-31T12:00:00Z; leave metadata"
              + " empty to have both filled in");
    }
    if (!isText(agent.type()) || !isText(agent.name())) {
      throw refused(agent, "SQLSTATE 22021, its type or name holds NUL or half a surrogate pair");
    }
    if (!isJson(agent.capabilities()) || !isJson(agent.configuration()) || !isJson(metadata)) {
      throw refused(agent, "SQLSTATE 22P05, one of its maps holds what jsonb cannot");
    }
  }

  private static boolean hasTime(Map<String, Object> metadata) {
    Object created = metadata.get("created_at");
    return created != null && TIME.matcher(String.valueOf(created)).lookingAt();
  }

  static Agent completed(Agent agent, Instant now) {
    return agent.metadata().isEmpty()
        ? agent.withMetadata(Map.of("created_at", now.toString(), "version", 1))
        : agent;
  }

  static Agent keeping(Agent agent, Agent before) {
    return agent.metadata().isEmpty() ? agent.withMetadata(before.metadata()) : agent;
  }

  private static boolean isJson(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return map.entrySet().stream()
          .allMatch(e -> isJson(String.valueOf(e.getKey())) && isJson(e.getValue()));
    }
    if (value instanceof Collection<?> items) {
      return items.stream().allMatch(AgentColumns::isJson);
    }
    if (value instanceof Double || value instanceof Float) {
      return Double.isFinite(((Number) value).doubleValue());
    }
    return !(value instanceof String text) || isText(text);
  }

  private static boolean isText(String text) {
    return text.codePoints()
        .noneMatch(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE));
  }

  private static NonTransientPersistenceException refused(Agent agent, String reason) {
    return new NonTransientPersistenceException(
        DataError.CONSTRAINT_VIOLATION, "agent " + agent.id() + " is refused: " + reason);
  }
}
