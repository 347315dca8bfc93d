package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Removes what the durable store has of agents, a bounded part with each call, and remembers which
 * agents are being forgotten. Every call can be repeated. Thread-safe.
 */
public interface ForgetStore {

  /** What is removed together. Each place is complete once a call removes less than its limit. */
  enum Place {
    /** Changes of its entries that wait for KV. */
    ENTRY_WRITES("sagas.entry_writes"),
    /** Messages from it and to it, with their deliveries. */
    MESSAGES("messages.log"),
    /** Tasks that it created, and tasks assigned to it that no other agent created. */
    TASKS("tasks.queue"),
    /** {@link #TASKS} that were archived. */
    ARCHIVED_TASKS("tasks.archive"),
    /** Facts that it found, or whose entity has its id, with their embeddings. */
    FACTS("knowledge.facts"),
    /**
     * Runs of sagas that name it, each with the runs around it and in it, once all of these have
     * ended. A run names the agent when a string in its input or log, its correlation id or its
     * unique key is the agent's id.
     */
    SAGAS("sagas.runs"),
    /** Its sessions: they are revoked, marked as unpublished, and emptied. */
    SESSIONS("sessions.active"),
    /** States of an owner outside the registry: emptied, as tombstones. */
    STATES("agents.state"),
    /** Entries of the logs of an owner outside the registry. */
    LOG_ENTRIES("agents.log_entries"),
    /** Dead letters of entries that were written before the end. */
    DEAD_LETTERS("agents.dead_letters"),
    /** Large values that its entries named, and those of no other agent name. */
    LARGE_VALUES("agents.large_values"),
    /** Notes of handled messages whose ids, or whose consumers, hold its UUID. */
    HANDLED("messages.handled"),
    /** Values in the outbox, of changes before the end; none without the set {@code events}. */
    OUTBOX("events.outbox"),
    /** Values in the audit log, of changes before the end; none without the set {@code audit}. */
    AUDIT("audit.change_log");

    private final String table;

    Place(String table) {
      this.table = table;
    }

    /** Returns the table, with its schema. */
    public String table() {
      return table;
    }
  }

  /**
   * Notes that an agent is being forgotten. One that was forgotten is forgotten again, and its
   * counts go on.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code
   *     CONSTRAINT_VIOLATION} when the agent is the parent of others
   */
  void begin(AgentId agent);

  /**
   * Removes up to so many rows of one place, and adds to its count in the same transaction.
   *
   * @return how many it removed or emptied
   */
  int remove(AgentId agent, Place place, int limit);

  /** Adds to the count of a place outside the durable store. */
  void note(AgentId agent, String place, long count);

  /** Returns the tasks that {@link Place#TASKS} removes next. */
  @SqlAccess.Read
  List<UUID> tasks(AgentId agent, int limit);

  /** Returns the tasks that were removed, as long as the agent is {@linkplain #claim claimed}. */
  @SqlAccess.Read
  List<UUID> removedTasks(AgentId agent);

  /** Returns the contents of large values that {@link Place#LARGE_VALUES} would remove. */
  @SqlAccess.Read
  List<UUID> contents(AgentId agent);

  /** Returns how many runs of sagas name the agent, and cannot be removed since one is open. */
  @SqlAccess.Read
  int openSagas(AgentId agent);

  /** Notes that all was removed; at the second time, that it was looked at once more. */
  void end(AgentId agent);

  /** Returns what is known of an agent that is or was forgotten. */
  @SqlAccess.Read
  Optional<Forgotten> find(AgentId agent);

  /** Returns the agents for which {@link #end} was not called twice, the oldest first. */
  @SqlAccess.Read
  List<Forgotten> unfinished(int limit);

  /**
   * Returns agents that somebody has to go on with, and notes that the caller does.
   *
   * @param idle for how long nobody has worked on one that has not ended
   * @param late for how long nobody has worked on one that has ended, and is looked at once more
   */
  List<Forgotten> claim(Duration idle, Duration late, int limit);

  /**
   * An agent that is or was forgotten.
   *
   * @param agent the agent
   * @param begunAt when it was first to be forgotten
   * @param endedAt when all was removed
   * @param removed the count of each place
   */
  record Forgotten(
      AgentId agent, Instant begunAt, Optional<Instant> endedAt, Map<String, Long> removed) {

    /** Copies the counts, in their order. */
    public Forgotten {
      removed = Collections.unmodifiableMap(new LinkedHashMap<>(removed));
    }
  }
}
