package io.mistersmith.persistence.lifecycle;

import io.mistersmith.persistence.model.AgentStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Something that happened to an agent.
 *
 * @param id names it, together with its time
 * @param agent whom it happened to
 * @param type what it was, 1 to 50 characters; the library's own are constants here
 * @param previousStatus the status before, where it changed
 * @param newStatus the status after, where it changed
 * @param data anything else, as a JSON object
 * @param triggeredBy the agent that brought it about
 * @param at when it happened, to the microsecond
 */
public record LifecycleEvent(
    UUID id,
    UUID agent,
    String type,
    Optional<AgentStatus> previousStatus,
    Optional<AgentStatus> newStatus,
    Map<String, Object> data,
    Optional<UUID> triggeredBy,
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

  /** Checks what the table demands, and keeps a copy of the data. */
  public LifecycleEvent {
    Checks.text("lifecycle event type", Optional.of(type), 50);
    Checks.that(
        (previousStatus.isEmpty() && newStatus.isEmpty()) || !previousStatus.equals(newStatus),
        "lifecycle event of agent " + agent + ": its status changes to what it was");
    data = Map.copyOf(data);
    at = at.truncatedTo(ChronoUnit.MICROS);
  }

  /** An event that changes no status. */
  public static LifecycleEvent of(UUID agent, String type, Map<String, Object> data, Instant at) {
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
