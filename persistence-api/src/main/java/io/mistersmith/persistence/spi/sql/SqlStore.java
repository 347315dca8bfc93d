package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.EventQuery;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.AgentStore.StoredAgent;
import io.mistersmith.persistence.transaction.TransactionRunner.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The durable store. Thread-safe, and so are the stores that it gives: each of their calls is a
 * transaction of its own, which is committed when the call returns and which the store repeats
 * where it lost against another one.
 *
 * <p>Calls that belong together run in one transaction:
 *
 * <pre>{@code
 * sql.inTransaction(
 *     SqlOptions.of("register agent " + agent.id()),
 *     unit -> {
 *       StoredAgent stored = unit.agents().save(agent, AgentStore.NONE);
 *       unit.lifecycleEvents().record(event);
 *       return stored;
 *     });
 * }</pre>
 */
public interface SqlStore extends SqlAccess {

  /**
   * Runs {@code work} in a transaction, and commits it when {@code work} returns. Rolls it back
   * when {@code work} throws, and throws the same exception on, unless {@link SqlOptions#attempts}
   * lets it run again.
   *
   * <p>The transaction is a new one, also within the {@code work} of another: it holds a connection
   * of its own and does not see what the other one has not committed.
   *
   * <p>A unit that only reads runs on the servers of its {@linkplain SqlOptions#role role}.
   *
   * @param work runs on the caller's thread, and may run several times
   * @return what {@code work} returned
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code
   *     TRANSACTION_CONFLICT} when another transaction won and nothing was applied; {@code
   *     CONNECTION_FAILED}, {@code UNAVAILABLE} or {@code POOL_EXHAUSTED} when the store did not
   *     answer, {@code TIMEOUT} when the deadline passed, and nothing was applied; {@code
   *     OUTCOME_UNKNOWN} when the connection is lost during the commit, so that it may or may not
   *     have been applied
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code DUPLICATE_KEY}
   *     when a unit with this correlation id was committed before
   * @throws io.mistersmith.persistence.error.PersistenceException the failure of a call within
   *     {@code work}, also when {@code work} caught it without {@link SqlUnit#nested}
   */
  <T> T inTransaction(SqlOptions options, Function<? super SqlUnit, ? extends T> work);

  /**
   * Runs reads; a write fails with {@link IllegalStateException}. With {@code READ_COMMITTED} each
   * call reads for itself, without a transaction's round trips. With any other isolation all calls
   * see the data of one moment.
   *
   * @param work runs on the caller's thread, and may run several times
   * @return what {@code work} returned
   * @throws io.mistersmith.persistence.error.PersistenceException as {@link #inTransaction} does
   */
  <T> T read(SqlOptions options, Function<? super SqlAccess, ? extends T> work);

  /**
   * Returns whether a unit with this correlation id was committed. Waits for one that is under way,
   * so that the answer is final.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when the store does not
   *     answer, or the unit does not end before the statement timeout
   */
  boolean isCommitted(String correlationId);

  /**
   * Returns whether the unit that ran with these options was committed. Waits as {@link
   * #isCommitted(String)} does.
   *
   * @param unit the options that {@link #inTransaction} was given, with a correlation id; their
   *     deadline, which may be another one, is how long it waits for a unit under way
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code DUPLICATE_KEY}
   *     when another unit with the id was committed, and this one was not
   * @throws io.mistersmith.persistence.error.TransientPersistenceException as {@link
   *     #isCommitted(String)} does
   */
  boolean isCommitted(SqlOptions unit);

  /**
   * Commits a unit that ran with {@link SqlOptions#withPrepared}. Until then its changes are seen
   * by nobody, its rows are locked, and it survives any crash.
   *
   * @return false when there is none with this id: it was ended before
   */
  boolean commitPrepared(String id);

  /** Rolls back a unit as {@link #commitPrepared} commits one. */
  boolean rollBackPrepared(String id);

  /** Returns the units of this user that are prepared, with the time since then. */
  Map<String, Duration> prepared();

  /** Forgets the correlation ids of units that were committed longer ago; returns how many. */
  int sweepCommitted(Duration age);

  /**
   * Returns the stores whose calls run on the connections of a role, whatever the other roles do;
   * on those of {@code PRIMARY} where the role has none. A store without roles returns itself.
   *
   * @throws IllegalArgumentException for {@code REPLICA} and {@code ANALYTICS}, which may be old:
   *     see {@link #oldReads}
   */
  default SqlAccess on(PostgresRole role) {
    return this;
  }

  /**
   * Calls {@code action} whenever the store did not answer and does so again, on a thread that must
   * not block. A store that is never away calls nothing.
   */
  default void onReconnect(Runnable action) {}

  /** Returns the reads that may be old, answered by replicas where the store has any. */
  default OldReads oldReads() {
    return OldReads.of(this);
  }

  /**
   * Returns a position of this store that has every change which was committed before the call.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when the store does not
   *     answer
   */
  Position position();

  /**
   * Lets what may be old be at least as new as the position, from now on. A position that cannot be
   * compared with this store's own counts as later than all of them.
   *
   * @throws IllegalArgumentException when its text is none of this kind of store
   */
  void observe(Position position);

  /**
   * The reads that may be old: by as much as the store lets its replicas be behind, but never so
   * old that a commit of this store's own, or a position that it {@linkplain #observe observed}, is
   * missing. There are no others here, so that none can be answered by a replica by mistake.
   * Thread-safe.
   */
  interface OldReads {

    /** See {@link CheckpointStore#list}. */
    List<Checkpoint> checkpoints(AgentId agent);

    /** See {@link LifecycleEventStore#list}. */
    List<LifecycleEvent> lifecycleEvents(AgentId agent, Optional<Instant> since, int limit);

    /** See {@link CheckpointStore#find(AgentId, String)}. */
    Optional<Checkpoint> checkpoint(AgentId agent, String name);

    /** See {@link LifecycleEventStore#find}. */
    List<LifecycleEvent> lifecycleEvents(EventQuery query);

    /** See {@link AgentStore#find(AgentQuery)}. */
    List<StoredAgent> agents(AgentQuery query);

    /** Returns these reads of the given stores. */
    static OldReads of(SqlAccess stores) {
      return new OldReads() {
        @Override
        public List<Checkpoint> checkpoints(AgentId agent) {
          return stores.checkpoints().list(agent);
        }

        @Override
        public List<LifecycleEvent> lifecycleEvents(
            AgentId agent, Optional<Instant> since, int limit) {
          return stores.lifecycleEvents().list(agent, since, limit);
        }

        @Override
        public Optional<Checkpoint> checkpoint(AgentId agent, String name) {
          return stores.checkpoints().find(agent, name);
        }

        @Override
        public List<LifecycleEvent> lifecycleEvents(EventQuery query) {
          return stores.lifecycleEvents().find(query);
        }

        @Override
        public List<StoredAgent> agents(AgentQuery query) {
          return stores.agents().find(query);
        }
      };
    }
  }

  /**
   * Calls {@code listener} each time that another primary was found, and at once for each that was
   * found since the store was opened. It may lack what the one before has committed. A store that
   * has only one server never calls it.
   *
   * @param listener must neither wait nor throw
   */
  default void onPrimaryChange(Consumer<PrimaryChange> listener) {}

  /**
   * Another server is the primary, after a promotion.
   *
   * @param server the address of the present one
   * @param system its system identifier, which all servers of a cluster share
   * @param timelineBefore the timeline of the one before
   * @param timeline the timeline of the present one
   */
  record PrimaryChange(String server, String system, int timelineBefore, int timeline) {}
}
