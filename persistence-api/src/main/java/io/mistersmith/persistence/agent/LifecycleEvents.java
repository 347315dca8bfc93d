package io.mistersmith.persistence.agent;

import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * The recorded events of agents, in PostgreSQL. Thread-safe; every call ends within the statement
 * timeout.
 *
 * <p>The library records registrations and changes of status in the transaction of the registry's
 * write, what is made and removed of checkpoints in the transaction of their rows, and a restore or
 * a fork once it is committed. An agent's events go with it when it is deleted.
 */
public interface LifecycleEvents {

  /**
   * The agent's latest events, latest first, at most this many. May come from a replica, which has
   * what this process recorded at least.
   */
  List<LifecycleEvent> list(AgentId agent, int limit);

  /** {@link #list(AgentId, int)}, of those that happened at this time or later. */
  List<LifecycleEvent> list(AgentId agent, Instant since, int limit);

  /**
   * Records an event of the application's own.
   *
   * @return false when it was recorded before: the same id and time
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
   *     CONSTRAINT_VIOLATION} when the agent, or the one that brought it about, is not registered
   */
  boolean record(LifecycleEvent event);

  /**
   * Something that happened to an agent.
   *
   * @param id names it, together with its time
   * @param agent the agent it happened to
   * @param type its type, 1 to 50 characters; the library's own types are constants here
   * @param previousStatus the status before, where it changed
   * @param newStatus the status after, where it changed
   * @param data anything else, as a JSON object
   * @param triggeredBy the agent that caused it
   * @param at when it happened, to the microsecond
   */
  record LifecycleEvent(
      UUID id,
      AgentId agent,
      String type,
      Optional<Agent.Status> previousStatus,
      Optional<Agent.Status> newStatus,
      Map<String, Object> data,
      Optional<AgentId> triggeredBy,
      Instant at) {

    /** The agent was registered. */
    public static final String REGISTERED = "registered";

    /** The agent's status changed. */
    public static final String STATUS_CHANGED = "status_changed";

    /** A checkpoint of the agent was made. */
    public static final String CHECKPOINT_CREATED = "checkpoint_created";

    /** The agent's state was put back to a checkpoint. */
    public static final String CHECKPOINT_RESTORED = "checkpoint_restored";

    /** The agent was given the state of a checkpoint, of another agent most often. */
    public static final String CHECKPOINT_FORKED = "checkpoint_forked";

    /** A checkpoint of the agent was deleted. */
    public static final String CHECKPOINT_DELETED = "checkpoint_deleted";

    /** Checkpoints of the agent were pruned. */
    public static final String CHECKPOINTS_PRUNED = "checkpoints_pruned";

    /**
     * Checks what the table demands, and keeps a copy of the data.
     *
     * @throws io.mistersmith.persistence.error.NonTransientPersistenceException with {@code
     *     INVALID_KEY} when an agent is an owner outside the registry
     */
    public LifecycleEvent {
      AgentId unused = agent.requireRegistered("lifecycle events");
      triggeredBy.ifPresent(by -> by.requireRegistered("lifecycle events"));
      check(
          type.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE)
              && !type.isEmpty()
              && type.codePointCount(0, type.length()) <= 50,
          "lifecycle event type: give 1 to 50 characters, without NUL or half a surrogate pair");
      check(
          (previousStatus.isEmpty() && newStatus.isEmpty()) || !previousStatus.equals(newStatus),
          "lifecycle event of agent " + agent + ": its status changes to what it was");
      data = Map.copyOf(data);
      at = at.truncatedTo(ChronoUnit.MICROS);
    }

    private static void check(boolean condition, String message) {
      if (!condition) {
        throw new IllegalArgumentException(message);
      }
    }

    /** An event that changes no status. */
    public static LifecycleEvent of(
        AgentId agent, String type, Map<String, Object> data, Instant at) {
      return new LifecycleEvent(
          UUID.randomUUID(),
          agent,
          type,
          Optional.empty(),
          Optional.empty(),
          data,
          Optional.empty(),
          at);
    }
  }
}
