package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The durable runs of sagas and their logs, which are only appended to. Its own clock decides when
 * runs are due, and when leases and deadlines are over. Thread-safe. See {@link
 * io.mistersmith.persistence.saga.Sagas} for what the calls mean.
 *
 * <p>Two things keep a former owner of a run from writing: each append names the run number of its
 * ownership, which a take-over raises, and the position of its first row, which no other row has.
 * The second one decides where a take-over is committed between the check and the commit of an
 * append. So an append that is committed in one transaction with the rows of a step makes the step
 * take effect once.
 */
public interface SagaStore {

  /**
   * A definition that runners know.
   *
   * @param name its name
   * @param version its version
   */
  record Definition(String name, int version) {}

  /**
   * A run to be added.
   *
   * @param id its id; later runs have greater ones
   * @param definition its definition
   * @param steps the names of the definition's steps
   * @param input a JSON object
   * @param correlationId ties it to other work
   * @param uniqueKey no other run of a definition with this name has it
   * @param parent the run that it is nested in
   * @param timeout how long it may take
   */
  record Added(
      UUID id,
      Definition definition,
      List<String> steps,
      Map<String, Object> input,
      String correlationId,
      Optional<String> uniqueKey,
      Optional<UUID> parent,
      Duration timeout) {

    /** Copies the steps and the input. */
    public Added {
      steps = List.copyOf(steps);
      input = Map.copyOf(input);
    }
  }

  /**
   * The ownership of a run.
   *
   * @param saga the run
   * @param run the run number, which is its fencing token: one more with each owner, from 1
   */
  record Owned(UUID saga, int run) {}

  /**
   * Which runs are claimed.
   *
   * @param holder the runner, which has the lease {@link #leaseOf}
   * @param definitions those that it knows, at least one
   * @param limit how many runs at most
   */
  record Claim(String holder, Set<Definition> definitions, int limit) {

    /** Copies the definitions. */
    public Claim {
      definitions = Set.copyOf(definitions);
    }
  }

  /**
   * A run with what its owner needs to go on.
   *
   * @param owner the ownership
   * @param run the run
   * @param steps the names of the steps of its definition when it was started
   * @param log its log so far
   * @param left the time until its deadline; negative when that is over
   * @param cancelled why it is to be compensated, if that was asked for
   */
  record Claimed(
      Owned owner,
      SagaRun run,
      List<String> steps,
      List<LogEntry> log,
      Duration left,
      Optional<String> cancelled) {

    /** Copies the lists. */
    public Claimed {
      steps = List.copyOf(steps);
      log = List.copyOf(log);
    }
  }

  /**
   * A row to be appended.
   *
   * @param event what happened
   * @param step the step that it is about
   * @param attempt which attempt at it; 0 where there is no step
   * @param data what the step keeps, a JSON object
   * @param reason why, of failures
   */
  record NewEntry(
      SagaRun.Event event,
      Optional<String> step,
      int attempt,
      Map<String, Object> data,
      Optional<String> reason) {

    /** Copies the data. */
    public NewEntry {
      data = Map.copyOf(data);
    }
  }

  /** What becomes of a run with an append. */
  sealed interface Then {

    /** It goes on as it is. */
    record GoOn() implements Then {}

    /**
     * It is undone from now on.
     *
     * @param time how long that may take
     */
    record Compensate(Duration time) implements Then {}

    /**
     * Its owner gives it up; it is due again after the pause.
     *
     * @param pause how long
     */
    record Rest(Duration pause) implements Then {}

    /**
     * It waits for an operator.
     *
     * @param state a state that {@linkplain SagaRun.State#isStopped is stopped}
     * @param reason why
     */
    record Stop(SagaRun.State state, String reason) implements Then {}

    /**
     * It has ended. The run that it is nested in is due at once.
     *
     * @param state a state that {@linkplain SagaRun.State#isEnd is an end}
     */
    record End(SagaRun.State state) implements Then {}
  }

  /** The prefix of the names of the runners' leases. */
  String LEASES = "saga-runner/";

  /** Returns the name of a runner's lease among those of {@link JournalStore#acquireLease}. */
  static String leaseOf(String holder) {
    return LEASES + holder;
  }

  /**
   * Adds a run, unless there is one with its unique key.
   *
   * @param holder the runner that owns it at once, with the run number 1; empty for a run that is
   *     due at once, and whose first owner has the run number 1
   * @return its id, or that of the one that has its unique key
   */
  UUID add(Added run, Optional<String> holder);

  /**
   * Claims runs that are due and have no owner, or whose owner's lease is over: those that are due
   * longest first.
   */
  List<Claimed> claim(Claim claim);

  /** Returns what {@link #claim} returned for an ownership, as it is now; empty when it is over. */
  @SqlAccess.Read
  Optional<Claimed> load(Owned owner);

  /**
   * Appends rows to a run's log.
   *
   * @param position the place of the first one, one behind the last row
   * @param entries the rows; none to change the run alone
   * @param then what becomes of the run
   * @return why the run is to be compensated, if that was asked for
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code LEASE_LOST}
   *     when the ownership is over; nothing was appended
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when the log has a row at one of the positions; nothing was appended
   */
  Optional<String> append(Owned owner, int position, List<NewEntry> entries, Then then);

  /** Gives all runs of a runner up, so that they are due at once; returns how many. */
  int release(String holder);

  /**
   * Asks for a run to be compensated, and makes it due.
   *
   * @return whether it was {@code RUNNING}
   */
  boolean cancel(UUID run, String reason);

  /**
   * Has a stopped run go on, with a new deadline: appends {@code RESUMED} and makes it due. A run
   * that is {@code COMPENSATION_FAILED} is {@code COMPENSATING} again, a run that is {@code
   * FORWARD_FAILED} {@code RUNNING}, a run whose definition was changed what it was before.
   *
   * @param time how long it may take from now on
   * @return whether it was stopped
   */
  boolean resume(UUID run, Duration time);

  /**
   * Ends a stopped run as {@code GIVEN_UP}, with a last row.
   *
   * @return whether it was stopped
   */
  boolean giveUp(UUID run, String reason);

  /**
   * Has a run compensated that is {@code COMPLETED}, because the one that it is nested in is
   * compensated: appends {@code COMPENSATING} and makes it due. Or asks for it where it is {@code
   * RUNNING}, as {@link #cancel} does.
   *
   * @param time how long that may take
   * @return whether it was one of these
   */
  boolean reopen(UUID run, String reason, Duration time);

  /** Returns the run. */
  @SqlAccess.Read
  Optional<SagaRun> find(UUID run);

  /** Returns a page of runs, in the order of their ids' bytes. */
  @SqlAccess.Read
  List<SagaRun> find(SagaQuery query);

  /** Returns the log of a run, in its order. */
  @SqlAccess.Read
  List<LogEntry> log(UUID run);

  /** Returns the definitions of runs that are due for longer than this and have no owner. */
  @SqlAccess.Read
  Map<Definition, Integer> waiting(Duration longer);

  /**
   * Deletes runs that ended longer ago and are not nested in another one, with their logs and those
   * nested in them; and leases of runners that are over for a day.
   *
   * @return how many runs
   */
  int prune(Duration age, int limit);
}
