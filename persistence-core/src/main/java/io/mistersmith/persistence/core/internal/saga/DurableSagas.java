package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.OrderedIds;
import io.mistersmith.persistence.core.internal.codec.CanonicalObject;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.transaction.Transaction;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;

/** The sagas over their store: by themselves, or in a transaction. */
public final class DurableSagas implements Sagas {

  private static final Duration FIRST_LOOK = Duration.ofMillis(10);
  private static final Duration LONGEST_LOOK = Duration.ofMillis(250);

  /** Of a run that is resumed, whose definition this runtime does not know. */
  private static final Duration RESUMED = Duration.ofMinutes(5);

  private static final Duration COMPENSATION_RESUMED = Duration.ofMinutes(2);

  private final SagaStore store;
  private final SagaRunners runners;
  private final Runnable changed;
  private final Optional<Consumer<Runnable>> afterCommit;

  /**
   * The sagas.
   *
   * @param runners this runtime's runners
   * @param changed runs after each call that may have made a run claimable
   */
  public DurableSagas(SagaStore store, SagaRunners runners, Runnable changed) {
    this(store, runners, changed, Optional.empty());
  }

  private DurableSagas(
      SagaStore store,
      SagaRunners runners,
      Runnable changed,
      Optional<Consumer<Runnable>> afterCommit) {
    this.store = store;
    this.runners = runners;
    this.changed = changed;
    this.afterCommit = afterCommit;
  }

  @Override
  public Sagas in(Transaction transaction) {
    return StoreTransactionRunner.in(
        transaction,
        (unit, later) -> new DurableSagas(unit.sagas(), runners, changed, Optional.of(later)));
  }

  private void changed() {
    afterCommit.ifPresentOrElse(later -> later.accept(changed), changed);
  }

  private void requireNoTransaction(String what) {
    if (afterCommit.isPresent()) {
      throw new IllegalStateException(what + " in a transaction: call it after the commit");
    }
  }

  @Override
  public UUID start(Saga saga, SagaStart start) {
    UUID id = OrderedIds.next();
    Added added =
        new Added(
            id,
            Definitions.of(saga),
            saga.steps().stream().map(SagaStep::name).toList(),
            CanonicalObject.of("saga " + saga.name() + " " + id, "input", start.input()),
            start.correlationId().orElseGet(id::toString),
            start.uniqueKey(),
            Optional.empty(),
            saga.timeout());
    Optional<UUID> here = afterCommit.isPresent() ? Optional.empty() : runners.start(added, saga);
    if (here.isPresent()) {
      return here.get();
    }
    UUID started = store.add(added, Optional.empty());
    if (started.equals(id)) {
      changed();
    }
    return started;
  }

  @Override
  public Optional<SagaRun> await(UUID run, Duration patience) {
    requireNoTransaction("a run cannot be awaited");
    Deadline deadline = Deadline.after(patience);
    Backoff looks = new Backoff(FIRST_LOOK, LONGEST_LOOK);
    while (true) {
      CountDownLatch watched = runners.waits().watch(run);
      try {
        Optional<SagaRun> found = store.find(run);
        if (found.isEmpty() || isOver(found.get())) {
          return found;
        }
        if (deadline.hasPassed()) {
          throw new TransientPersistenceException(
              DataError.TIMEOUT,
              "saga " + run + ": it is " + found.get().state() + " still after " + patience);
        }
        runners.waits().await(watched, deadline.left(looks.next()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new TransientPersistenceException(
            DataError.TIMEOUT, "saga " + run + ": interrupted while it was awaited", e);
      } finally {
        runners.waits().forget(run, watched);
      }
    }
  }

  private static boolean isOver(SagaRun run) {
    return run.state().isEnd() || run.state().isStopped();
  }

  @Override
  public Optional<SagaRun> find(UUID run) {
    return store.find(run);
  }

  @Override
  public List<SagaRun> find(SagaQuery query) {
    return store.find(query);
  }

  @Override
  public List<LogEntry> log(UUID run) {
    return store.log(run);
  }

  @Override
  public boolean cancel(UUID run, String reason) {
    boolean cancelled = store.cancel(run, reason);
    if (cancelled) {
      changed();
    }
    return cancelled;
  }

  @Override
  public boolean resume(UUID run) {
    Optional<SagaRun> stopped = store.find(run);
    if (stopped.isEmpty() || !store.resume(run, timeOf(stopped.get()))) {
      return false;
    }
    changed();
    return true;
  }

  private Duration timeOf(SagaRun run) {
    Optional<Saga> saga = runners.find(new Definition(run.name(), run.version()));
    return run.state() == State.COMPENSATION_FAILED
        ? saga.map(Saga::compensationTimeout).orElse(COMPENSATION_RESUMED)
        : saga.map(Saga::timeout).orElse(RESUMED);
  }

  @Override
  public boolean giveUp(UUID run, String reason) {
    boolean given = store.giveUp(run, reason);
    if (given) {
      changed();
    }
    return given;
  }

  @Override
  public int prune(Duration age, int limit) {
    return store.prune(age, limit);
  }

  @Override
  public SagaRunner startRunner(SagaRunner.Options options, Collection<Saga> sagas) {
    requireNoTransaction("a runner cannot be started");
    return runners.start(options, sagas);
  }
}
