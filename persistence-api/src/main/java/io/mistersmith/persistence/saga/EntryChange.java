package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateType;
import java.util.Objects;
import java.util.Optional;

/**
 * A change of one entry in KV. Immutable.
 *
 * @param type the type of the entry, of {@code AGENT_STATE} and without conflict rules
 * @param owner the owner of the entry
 * @param key the entry's key
 * @param value the new value; empty to delete
 * @param <T> the type of the value
 */
public record EntryChange<T>(StateType<T> type, AgentId owner, String key, Optional<T> value) {

  /** Checks the type. */
  public EntryChange {
    Objects.requireNonNull(owner, "owner");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(value, "value");
    if (type.rules().isPresent()) {
      throw new IllegalArgumentException(
          type + " has conflict rules, which would merge a value that a saga restores");
    }
    if (type.timeToLive().isPresent()) {
      throw new IllegalArgumentException(
          type + " has a time to live, so a saga could not tell whether its entry was changed");
    }
  }

  /** Returns the change that writes a value. */
  public static <T> EntryChange<T> put(StateType<T> type, AgentId owner, String key, T value) {
    return new EntryChange<>(type, owner, key, Optional.of(value));
  }

  /** Returns the change that deletes the entry. */
  public static <T> EntryChange<T> delete(StateType<T> type, AgentId owner, String key) {
    return new EntryChange<>(type, owner, key, Optional.empty());
  }
}
