package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.util.Locale;

/**
 * The values of an agent's row.
 *
 * @param agent the agent
 * @param capabilities its capabilities as JSON
 * @param configuration its configuration as JSON
 * @param metadata its metadata as JSON
 */
record AgentValues(Agent agent, String capabilities, String configuration, String metadata) {

  AgentId id() {
    return agent.id();
  }

  String status() {
    return column(agent.status());
  }

  /** The status as its column has it. */
  static String column(Agent.Status status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  /** About how much of a statement it takes. */
  long characters() {
    return 200L
        + agent.type().length()
        + agent.name().length()
        + capabilities.length()
        + configuration.length()
        + metadata.length();
  }
}
