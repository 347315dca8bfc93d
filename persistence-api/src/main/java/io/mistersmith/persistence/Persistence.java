package io.mistersmith.persistence;

import io.mistersmith.persistence.agent.AgentLifecycle;
import io.mistersmith.persistence.agent.AgentRepository;
import io.mistersmith.persistence.agent.LifecycleEvents;
import io.mistersmith.persistence.checkpoint.Checkpoints;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.knowledge.Knowledge;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.operations.Operations;
import io.mistersmith.persistence.saga.CrossStore;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.security.AuditLog;
import io.mistersmith.persistence.security.Forgetting;
import io.mistersmith.persistence.session.Sessions;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.QueryCache;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.stream.Streams;
import io.mistersmith.persistence.task.Tasks;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.time.Duration;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * One durable memory for an agent runtime: hot state in NATS JetStream KV, everything for good in
 * PostgreSQL. Open one in a process and share it; it is thread-safe.
 *
 * <p>Once both stores run, every acknowledged write reaches PostgreSQL or the dead letters,
 * whatever process was killed in between: the bucket's own stream is the journal, and nothing is
 * remembered in a process. Excluded are a power loss before NATS has synced its disk, the deletion
 * of a bucket, and a restore to before the write.
 */
public interface Persistence extends AutoCloseable {

  /**
   * Opens NATS and PostgreSQL as configured, makes the buckets that are missing, and begins to
   * flush. A server that is not there yet is a failure, or awaited where {@link
   * PersistenceConfig#waitForServers} says so.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store cannot be reached or
   *     used; {@code MISCONFIGURED} when no engine is on the class path
   */
  static Persistence open(PersistenceConfig config) {
    return provider().open(config, Optional.empty());
  }

  /** Opens the same engine over other stores, such as the test kit's in-memory ones. */
  static Persistence open(PersistenceConfig config, StoreProvider stores) {
    return provider().open(config, Optional.of(stores));
  }

  private static PersistenceProvider provider() {
    return ServiceLoader.load(PersistenceProvider.class, Persistence.class.getClassLoader())
        .findFirst()
        .orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.MISCONFIGURED,
                    "no engine on the class path; add the dependency"
                        + " io.mistersmith.persistence:persistence-core"));
  }

  /** The registry of agents. An agent is registered before its state can reach PostgreSQL. */
  AgentRepository agents();

  /**
   * Returns the untyped agent state of one class, mapped to JSON by its fields: written to KV,
   * flushed to PostgreSQL. Short for {@code states(StateType.untyped(type))}.
   */
  default <T> StateRepository<T> states(Class<T> type) {
    return states(StateType.untyped(type));
  }

  /**
   * Returns the entries of a type. Call it as often as convenient; repositories of one type share
   * their entries.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when entries of its type of
   *     data have no repository; {@code AGENT_STATE} and {@code SESSION_DATA} have one
   */
  <T> StateRepository<T> states(StateType<T> type);

  /** Returns the values that may be larger than a message: bytes that are streamed. */
  LargeValues largeValues();

  /** Begins a step: several entries of one owner that are written together, all or none. */
  Step step();

  /**
   * The cache of one query's results, mapped to JSON by their fields.
   *
   * @param query the query's name, 1 to 255 characters; all processes that use it must mean the
   *     same query
   */
  <T> QueryCache<T> queries(String query, Class<T> type);

  /** {@link #queries(String, Class)}, mapped by the caller's codec. */
  <T> QueryCache<T> queries(String query, JsonCodec<T> codec);

  /**
   * Returns a log of entries that are mapped to JSON by their fields. Short for {@code log(owner,
   * name, StateType.untyped(type))}.
   */
  default <T> Log<T> log(AgentId owner, String name, Class<T> type) {
    return log(owner, name, StateType.untyped(type));
  }

  /**
   * Returns a log, which need not exist: the first append creates it. Call it as often as
   * convenient.
   *
   * @param name the name among the owner's logs of this type: 1 to {@value Log#MAX_NAME} characters
   * @param type its name is part of the log's; its codec maps the entries
   * @throws NonTransientPersistenceException with {@code INVALID_KEY} for a name that is no text of
   *     that length; with {@code MISCONFIGURED} for a type that is not kept as {@code AGENT_STATE},
   *     or that has conflict rules or a time to live, which entries of a log cannot have
   */
  <T> Log<T> log(AgentId owner, String name, StateType<T> type);

  /** Returns the sessions of users and agents. */
  Sessions sessions();

  /** Returns the queue of tasks. */
  Tasks tasks();

  /** Returns the sagas: work in several steps over both stores, which is done whole or undone. */
  Sagas sagas();

  /** Returns the transactions that change rows in PostgreSQL and entries in KV together. */
  CrossStore crossStore();

  /** The state of each agent's lifecycle in this process; hydrates and flushes it. */
  AgentLifecycle lifecycle();

  /** Copies of agents' states, to go back to. */
  Checkpoints checkpoints();

  /** Returns the recorded events of agents. */
  LifecycleEvents lifecycleEvents();

  /** Returns the messages between agents, and their channels. */
  MessageLog messages();

  /** Returns the feed of committed changes, which the set of scripts {@code events} needs. */
  ChangeFeed changes();

  /** Returns the streams of messages in NATS, and their consumers. */
  Streams streams();

  /** Returns what agents know: facts, and search by words and by vectors. */
  Knowledge knowledge();

  /** Runs transactions of the application in PostgreSQL, with this library's rows in them. */
  TransactionRunner transactions();

  /** Returns the guard of the stores: fallbacks, breakers, escalations. */
  StoreGuard guard();

  /**
   * Returns the health of this runtime, and the matters that need an operator's decision: dead
   * letters, consistency, notices.
   */
  Operations operations();

  /** Returns the log of who changed what, which the set of scripts {@code audit} keeps. */
  AuditLog audit();

  /** Returns what removes all that both stores hold of an agent. */
  Forgetting forgetting();

  /**
   * Refuses writes from now on as {@code CLOSED}, waits until those under way have ended and all
   * that this process has written is in PostgreSQL, then closes. A second call waits for the first
   * one, and returns the same.
   *
   * @return 0 when every acknowledged write is there; else how many journal entries, of any
   *     process, were still waiting when the deadline passed, and how many writes of this one had
   *     not ended. They stay in the journal, and the next runtime flushes them
   */
  long close(Duration deadline);

  /** Closes with the configured deadline, and logs what is left. */
  @Override
  void close();
}
