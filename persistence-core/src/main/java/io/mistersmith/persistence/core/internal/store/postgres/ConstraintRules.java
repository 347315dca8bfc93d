package io.mistersmith.persistence.core.internal.store.postgres;

import static java.util.Map.entry;

import java.util.Map;

/** Explains the constraints that an application's data can violate. */
final class ConstraintRules {
  private static final Map<String, String> RULES =
      Map.ofEntries(
          entry(
              "valid_agent_metadata",
              "metadata must have 'version', and 'created_at' as an ISO 8601 time such as"
                  + " 2026-01-31T12:00:00Z; leave metadata empty to have both filled in"),
          entry("valid_agent_name", "an agent's name must not be empty"),
          entry("valid_agent_type", "an agent's type must not be empty"),
          entry("no_self_parent", "an agent cannot be its own parent"),
          entry(
              "registry_parent_agent_id_fkey",
              "the parent must be registered before its child, and cannot be deleted before it"),
          entry("valid_state_key", "a key must not be empty"),
          entry(
              "large_value_is_complete",
              "all chunks of a large value must be there before the entry that describes it; write"
                  + " the value again"),
          entry("valid_checkpoint_name", "a checkpoint's name must not be empty"),
          entry("valid_event_type", "an event's type must not be empty"),
          entry("status_change", "an event's two statuses must differ, or both be absent"),
          entry("log_from_agent_id_fkey", "the sender of a message must be registered"),
          entry("log_to_agent_id_fkey", "the recipient of a message must be registered"),
          entry("subscriptions_agent_id_fkey", "an agent must be registered before it subscribes"));

  private ConstraintRules() {}

  /** The rule of a constraint, or an empty string where the SQLSTATE says enough. */
  static String of(String constraint) {
    return RULES.getOrDefault(constraint, "");
  }
}
