package io.mistersmith.persistence.spi.sql;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * A committed change of an agent's state or of a task, as the {@linkplain OutboxStore outbox} noted
 * it.
 *
 * @param id names the change, unique in the database; of two changes of a key, the later one has
 *     the greater id
 * @param transaction the id of the transaction that made it
 * @param kind what happened
 * @param subject the agent, or the id of an owner outside the registry, or the task; empty for a
 *     truncation
 * @param stateKey the key of the state; empty for tasks and truncations
 * @param epoch the epoch of the state's row, 0 for tasks and truncations
 * @param version the version of the state's row, 0 for tasks and truncations
 * @param tenant the tenant of the row, where tenants are kept apart
 * @param at when the statement was run, by the database's clock
 * @param size of the payload in bytes of UTF-8
 * @param payload a JSON object; empty when it is larger than the reader takes
 */
public record OutboxChange(
    long id,
    long transaction,
    Kind kind,
    Optional<UUID> subject,
    Optional<String> stateKey,
    long epoch,
    long version,
    Optional<UUID> tenant,
    Instant at,
    int size,
    Optional<String> payload) {

  /** What happened to what. */
  public enum Kind {
    /** A key of an agent's state has a value, and had none. */
    STATE_INSERT,
    /** A key of an agent's state has another value. */
    STATE_UPDATE,
    /** A key of an agent's state is deleted. */
    STATE_DELETE,
    /** All state was removed, or that in one partition; the payload names the table. */
    STATE_TRUNCATE,
    /** A task is new. */
    TASK_CREATED,
    /** A task runs. */
    TASK_STARTED,
    /** A task ended well. */
    TASK_COMPLETED,
    /** A task ended with an error. */
    TASK_FAILED,
    /** A task was called off. */
    TASK_CANCELLED,
    /** Anything else of a task changed. */
    TASK_UPDATED,
    /** A task left the queue; the payload says whether into the archive. */
    TASK_DELETED,
    /** The queue of tasks was emptied. */
    TASK_TRUNCATE;

    /** Whether it is about a task, or the queue of tasks, and not about agents' state. */
    public boolean isOfTasks() {
      return name().startsWith("TASK");
    }

    /** Whether it is about all rows of a table, and so comes between all changes of its keys. */
    public boolean isTruncation() {
      return this == STATE_TRUNCATE || this == TASK_TRUNCATE;
    }

    /** Returns the second word of the name in small letters, such as {@code completed}. */
    public String verb() {
      return name().substring(name().indexOf('_') + 1).toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Returns a text that is the same for changes that must stay in order: of one key of an agent's
   * state, or of one task; of a truncation, one of its own.
   */
  public String orderKey() {
    return (kind.isOfTasks() ? "task." : "state.")
        + subject.map(UUID::toString).orElse("*")
        + stateKey.map(key -> '.' + key).orElse("");
  }
}
