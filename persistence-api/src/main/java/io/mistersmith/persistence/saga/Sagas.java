package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.transaction.Transaction;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Runs sagas: work in several steps over both stores, which survives the death of any process. A
 * run's log is in PostgreSQL. After a crash at any point another runner goes on, forward or back.
 * Each call is a transaction of its own; those of {@link #in} are part of the caller's, so that a
 * saga is started together with the rows that it is about. Thread-safe.
 *
 * <p>A run ends {@code COMPLETED}, all steps done, or {@code COMPENSATED}, all that was done undone
 * in reverse order. Where neither can be reached it stops, is listed with its reason, and waits for
 * an operator; it holds no other run up. In between, others see the steps that are done: a saga is
 * not isolated.
 */
public interface Sagas {

  /**
   * Returns the sagas in a transaction: a run that is started there begins once it is committed.
   *
   * @param transaction one of the same {@link io.mistersmith.persistence.Persistence}
   */
  Sagas in(Transaction transaction);

  /**
   * Starts a run, which the runners that know the definition carry on.
   *
   * @return its id, or that of the run that has its unique key already
   */
  UUID start(Saga saga, SagaStart start);

  /**
   * Waits until a run has ended or stopped.
   *
   * @return the run; empty when there is none
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code TIMEOUT} when it
   *     still runs then
   * @throws IllegalStateException in a transaction
   */
  Optional<SagaRun> await(UUID run, Duration patience);

  /** Returns the run, unless it is pruned. */
  Optional<SagaRun> find(UUID run);

  /** Returns a page of runs, in the order of their ids. */
  List<SagaRun> find(SagaQuery query);

  /** Returns the log of a run, in its order. */
  List<LogEntry> log(UUID run);

  /**
   * Has a run compensated, unless its pivot is done: once the step that is under way has ended.
   *
   * @return false when there is no such run, or it is not {@code RUNNING}
   */
  boolean cancel(UUID run, String reason);

  /**
   * Has a run go on that stopped: the failed action or compensation is tried again, with a new
   * deadline.
   *
   * @return false when there is no such run, or it is not stopped
   */
  boolean resume(UUID run);

  /**
   * Ends a run that stopped, as {@code GIVEN_UP}: an operator has seen to it.
   *
   * @param reason what was done instead
   * @return false when there is no such run, or it is not stopped
   */
  boolean giveUp(UUID run, String reason);

  /**
   * Deletes runs that ended longer ago, {@code limit} at most, with their logs. A nested one goes
   * with the one that it is nested in.
   *
   * @return how many
   */
  int prune(Duration age, int limit);

  /**
   * Starts a runner of this runtime, which carries runs of these definitions on until it is closed.
   * The sagas nested in them are known to it too.
   *
   * @throws IllegalArgumentException when two different definitions have one name and version
   * @throws IllegalStateException in a transaction
   */
  SagaRunner startRunner(SagaRunner.Options options, Collection<Saga> sagas);
}
