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
   * Returns a page of the events of all agents that the query selects, latest first. Fewer than the
   * query's limit are on the last page alone; ask for the next one with {@code query.after(last
   * event)}. Events that are recorded meanwhile with a later time are on no further page; all
   * others are on exactly one. May come from a replica, as {@link #list(AgentId, int)} may.
   */
  List<LifecycleEvent> find(EventQuery query);

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
      String unusedType = TypeName.check("lifecycle event type", type);
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

  /**
   * Selects events for {@link #find}: those that meet every condition, of all agents. Immutable:
   * each {@code with} returns a copy.
   */
  final class EventQuery {

    /** The largest page. */
    public static final int MAX_LIMIT = 10_000;

    private final Optional<String> type;
    private final Optional<Agent.Status> newStatus;
    private final Optional<Instant> since;
    private final Optional<LifecycleEvent> after;
    private final int limit;

    private EventQuery(
        Optional<String> type,
        Optional<Agent.Status> newStatus,
        Optional<Instant> since,
        Optional<LifecycleEvent> after,
        int limit) {
      this.type = type;
      this.newStatus = newStatus;
      this.since = since;
      this.after = after;
      this.limit = limit;
    }

    /** Returns a query of the events of this type, in pages of 100. */
    public static EventQuery ofType(String type) {
      return new EventQuery(
          Optional.of(TypeName.check("lifecycle event type", type)),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          100);
    }

    /** Returns a query of the events that brought agents into this status, in pages of 100. */
    public static EventQuery toStatus(Agent.Status newStatus) {
      return new EventQuery(
          Optional.empty(), Optional.of(newStatus), Optional.empty(), Optional.empty(), 100);
    }

    /** Returns a copy that selects events of this type alone. */
    public EventQuery withType(String newType) {
      return new EventQuery(
          Optional.of(TypeName.check("lifecycle event type", newType)),
          newStatus,
          since,
          after,
          limit);
    }

    /** Returns a copy that selects events alone that brought agents into this status. */
    public EventQuery withNewStatus(Agent.Status status) {
      return new EventQuery(type, Optional.of(status), since, after, limit);
    }

    /** Returns a copy that selects events at this time, cut to the microsecond, or later alone. */
    public EventQuery since(Instant time) {
      return new EventQuery(
          type, newStatus, Optional.of(time.truncatedTo(ChronoUnit.MICROS)), after, limit);
    }

    /** Returns a copy for the page that comes after an event: the last one of the page before. */
    public EventQuery after(LifecycleEvent last) {
      return new EventQuery(type, newStatus, since, Optional.of(last), limit);
    }

    /**
     * Returns a copy with pages of at most this many events (100 at first).
     *
     * @throws IllegalArgumentException when it is less than 1 or more than {@value #MAX_LIMIT}
     */
    public EventQuery withLimit(int most) {
      if (most < 1 || most > MAX_LIMIT) {
        throw new IllegalArgumentException(
            "a page of " + most + " events: ask for 1 to " + MAX_LIMIT);
      }
      return new EventQuery(type, newStatus, since, after, most);
    }

    /** Returns the type, where only one is selected. */
    public Optional<String> type() {
      return type;
    }

    /** Returns the new status, where only one is selected. */
    public Optional<Agent.Status> newStatus() {
      return newStatus;
    }

    /** Returns the time of the earliest events that are selected. */
    public Optional<Instant> since() {
      return since;
    }

    /** Returns the event that the page comes after; empty for the first page. */
    public Optional<LifecycleEvent> after() {
      return after;
    }

    /** Returns how many events the page has at most. */
    public int limit() {
      return limit;
    }
  }
}
