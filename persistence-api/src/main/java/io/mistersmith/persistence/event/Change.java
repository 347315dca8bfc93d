package io.mistersmith.persistence.event;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A change of rows that PostgreSQL has committed, as the {@link ChangeFeed} delivers it. Immutable.
 */
public sealed interface Change {

  /** Returns where the change comes from. */
  Source source();

  /**
   * Where a change comes from.
   *
   * @param id the id of the message: the same each time that the change is delivered, and of no
   *     other change
   * @param transaction the number of the transaction in PostgreSQL (xid8)
   * @param at when the row was changed, by the clock of PostgreSQL
   * @param reference the size of the payload in bytes, of a change that was too large for a
   *     message: its values are left out, and the row has them
   */
  record Source(String id, long transaction, Instant at, Optional<Long> reference) {

    /** Returns whether the values were too large for a message and must be read from the row. */
    public boolean isByReference() {
      return reference.isPresent();
    }
  }

  /** The kind of change of an entry. */
  enum Operation {
    /** The entry did not exist. */
    INSERT,
    /** The entry was replaced. */
    UPDATE,
    /** The entry was deleted. The later removal of its tombstone is no change. */
    DELETE
  }

  /**
   * An entry of agent state was changed.
   *
   * @param source where the change comes from
   * @param operation its kind
   * @param agent the owner, by the UUID that the rows have: see {@link AgentId#uuid()}
   * @param owner the owner's name, of one outside the registry
   * @param path the entry's {@linkplain io.mistersmith.persistence.model.StateKey#path path}
   * @param oldValue what a delete has removed, as JSON
   * @param newValue what an insert or an update has stored, as JSON
   * @param revision the revision of the write
   */
  record StateChanged(
      Source source,
      Operation operation,
      UUID agent,
      Optional<String> owner,
      String path,
      Optional<String> oldValue,
      Optional<String> newValue,
      Revision.OfJournal revision)
      implements Change {}

  /**
   * A task was added, changed or deleted.
   *
   * @param source where the change comes from
   * @param event what happened: {@code created}, {@code started}, {@code completed}, {@code
   *     failed}, {@code cancelled}, {@code updated} or {@code deleted}
   * @param task the task
   * @param type its type
   * @param status its status, in lower case
   * @param previousStatus the status before, of a change of a task that there was
   * @param assignedAgent the agent that it is assigned to
   * @param priority its priority, in lower case
   * @param metadata its metadata as JSON
   */
  record TaskChanged(
      Source source,
      String event,
      UUID task,
      Optional<String> type,
      Optional<String> status,
      Optional<String> previousStatus,
      Optional<UUID> assignedAgent,
      Optional<String> priority,
      Optional<String> metadata)
      implements Change {}

  /**
   * All rows of a table were removed at once, by {@code TRUNCATE}.
   *
   * @param source where the change comes from
   * @param table the table, with its schema
   */
  record Truncated(Source source, String table) implements Change {}
}
