package io.mistersmith.persistence.transaction;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.stream.StreamMessage;
import io.mistersmith.persistence.task.Tasks;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * A transaction that is under way: the changes of its calls are committed or rolled back together,
 * and until then no other transaction sees them.
 *
 * <p>A call that fails aborts the transaction: every later call fails, and so does the commit. To
 * go on after a failure, make the call in {@link #nested}.
 *
 * <p>It belongs to the thread that runs the body, and ends with it; any other use fails with {@link
 * IllegalStateException}. It has no state of agents: that is written to KV first, and the flush
 * alone writes it to PostgreSQL.
 */
public interface Transaction {

  /** Returns the id that {@link TransactionRunner#outcome} finds this transaction by. */
  Optional<String> correlationId();

  /**
   * Runs a statement and returns how many rows it changed.
   *
   * @param sql one statement with parameters as {@code :name}; a question mark is written twice. A
   *     text of several statements is refused, and one that begins or ends a transaction or a
   *     savepoint, or sets what would outlive the transaction: use {@code SET LOCAL}
   * @param parameters a value for each name: text, numbers, booleans, {@link java.util.UUID},
   *     {@link AgentId} (its UUID), {@link java.time.Instant}, {@code byte[]}, a {@link
   *     java.util.Collection} of any of these but bytes for an array, or an {@link Optional} of
   *     these, whose absence is NULL. JSON is given as text and cast: {@code CAST(:name AS jsonb)}
   * @throws IllegalArgumentException when a parameter has no value, or a value no parameter; when
   *     the text is not one statement; when the statement returned rows, which aborts the
   *     transaction: use {@link #query} for it
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code MISCONFIGURED}
   *     over in-memory stores, which understand no SQL; or the server's refusal
   */
  int update(String sql, Map<String, ?> parameters);

  /**
   * Runs a statement that returns rows, and maps each: a query, also one that changes rows in its
   * {@code WITH}, or a change with {@code RETURNING}. All rows are read before the first is mapped,
   * so that the mapper may use this transaction.
   *
   * @param sql as {@link #update} takes it
   * @param parameters as {@link #update} takes them
   * @param mapper makes a value of a row
   * @throws IllegalArgumentException as {@link #update} does; and when the statement returned no
   *     result with rows, which aborts the transaction
   */
  <T> List<T> query(
      String sql, Map<String, ?> parameters, Function<? super Row, ? extends T> mapper);

  /**
   * Runs {@code work} after a savepoint. When {@code work} throws, its changes are rolled back, the
   * transaction is as it was before, and the same exception is thrown on.
   *
   * @return what {@code work} returned
   */
  <T> T nested(Supplier<? extends T> work);

  /** Returns the registry of agents, in this transaction. */
  Agents agents();

  /**
   * Returns the sessions, in this transaction: as it sees them in PostgreSQL. Its changes are
   * published to KV right after the commit, or within seconds by any process that uses sessions
   * where that fails; until then other processes may return a session that it has revoked.
   */
  Sessions sessions();

  /** Returns the queue of tasks, in this transaction. It starts no workers. */
  Tasks tasks();

  /** Returns the history of agents, in this transaction. */
  LifecycleEvents lifecycleEvents();

  /**
   * Returns the checkpoints, in this transaction. To create one it needs the isolation {@code
   * REPEATABLE_READ} at least, and PostgreSQL must have the agent's writes when the transaction
   * begins: flush the agent before, else it fails as {@code CONSISTENCY_VIOLATION} (transient).
   * {@code restore} and {@code fork} write to KV and fail with {@link IllegalStateException}.
   */
  Checkpoints checkpoints();

  /** Returns what agents know, in this transaction. */
  Knowledge knowledge();

  /**
   * Returns the messages between agents, in this transaction: what is appended is delivered once it
   * is committed, and a message is acknowledged together with the work that it asked for.
   */
  MessageLog messages();

  /**
   * Notes in this transaction that a consumer handles a message. So the work of a message that is
   * delivered twice takes effect once: do it in this transaction, and only when this returns true.
   * Another transaction that notes the same message meanwhile waits for the end of this one. The
   * note is kept for 7 days, and is gone when this transaction is rolled back.
   *
   * @param consumer whose work it is; 1 to 255 characters
   * @param messageId the message's id, 1 to 255 characters
   * @return false when the message was noted before
   */
  boolean firstTime(String consumer, String messageId);

  /** {@link #firstTime(String, String)} of the consumer and the id of a message. */
  default boolean firstTime(StreamMessage<?> message) {
    return firstTime(message.stream() + "/" + message.consumer(), message.id());
  }

  /**
   * The registry of agents in a transaction. A saved agent is published to KV, where {@link
   * io.mistersmith.persistence.agent.AgentRepository} reads it, right after the commit. There is no
   * delete: an agent's entries in KV go before its rows do.
   */
  interface Agents {

    /**
     * Creates or replaces the agent.
     *
     * @return the agent with the revision that it has once the transaction is committed
     * @throws io.mistersmith.persistence.error.PersistenceException {@code VERSION_CONFLICT} or
     *     {@code DUPLICATE_KEY} when it is not what the options expect
     */
    Versioned<Agent> save(Agent agent, SaveOptions options);

    /** {@link #save(Agent, SaveOptions)} whatever is there now. */
    default Versioned<Agent> save(Agent agent) {
      return save(agent, SaveOptions.unconditional());
    }

    /** Returns the agent as this transaction sees it in PostgreSQL. */
    Optional<Versioned<Agent>> find(AgentId agent);

    /**
     * Returns a page of the agents that the query selects, as this transaction sees them; see
     * {@link io.mistersmith.persistence.agent.AgentRepository#find(AgentQuery)}.
     */
    List<Versioned<Agent>> find(AgentQuery query);
  }

  /**
   * A row that a statement returned. Columns are named as the server names them, in lower case
   * unless quoted. A type is one of String, Boolean, Short, Integer, Long, Float, Double,
   * BigDecimal, UUID, Instant, LocalDate, LocalDateTime, {@code byte[]} and {@code Object[]} (an
   * array); a number is given as any numeric type that holds it, and everything but bytes and
   * arrays as a String.
   */
  interface Row {

    /**
     * Returns a column's value.
     *
     * @throws IllegalArgumentException when there is no such column, or its value is NULL or of
     *     another type
     */
    <T> T get(String column, Class<T> type);

    /** Returns a column's value; empty for NULL. */
    <T> Optional<T> find(String column, Class<T> type);
  }
}
