package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SqlStore;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** The runners of one runtime. Thread-safe. */
public final class SagaRunners {

  private static final Duration WAITING = Duration.ofSeconds(30);

  private final RunnerContext around;
  private final List<LeasedRunner> runners = new CopyOnWriteArrayList<>();
  private final Set<Definition> missed = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Runners over these stores.
   *
   * @param transactions runs the transactions of steps
   * @param entries writes the entries of steps
   * @param listener hears how runs go on; throws nothing
   * @param clock measures times to live
   * @param changed runs when runs may have become claimable
   */
  public SagaRunners(
      SqlStore sql,
      StoreTransactionRunner transactions,
      PlacedWrites entries,
      Services services,
      PersistenceListener listener,
      Clock clock,
      Runnable changed) {
    this.around =
        new RunnerContext(
            sql.sagas(),
            sql.on(PostgresRole.BACKGROUND).journals(),
            new StepWorks(
                new TransactionSteps(transactions),
                new EntrySteps(entries),
                new EntryUndo(entries, clock),
                new NestedSteps(sql, changed)),
            new SagaEvents(listener, clock),
            new RunWaits(),
            services,
            clock,
            changed);
    services.include(this::notices);
  }

  private List<String> notices() {
    return runners.stream().flatMap(runner -> runner.notices().stream()).toList();
  }

  SagaRunner start(SagaRunner.Options options, Collection<Saga> sagas) {
    if (closed) {
      throw closed();
    }
    LeasedRunner runner =
        new LeasedRunner(around, new Definitions(sagas), options, runners::remove);
    runners.add(runner);
    runner.start();
    if (closed) {
      int unused = runner.close(Duration.ZERO);
      throw closed();
    }
    return runner;
  }

  private static NonTransientPersistenceException closed() {
    return new NonTransientPersistenceException(
        DataError.CLOSED, "a runner of sagas cannot be started: the runtime is closed");
  }

  /** Starts a run that a runner of this runtime owns at once, if one has room. */
  Optional<UUID> start(Added added, Saga saga) {
    for (LeasedRunner runner : runners) {
      if (runner.find(added.definition()).equals(Optional.of(saga))) {
        Optional<UUID> id = runner.start(added, saga);
        if (id.isPresent()) {
          return id;
        }
      }
    }
    return Optional.empty();
  }

  /** Returns a definition that a runner of this runtime knows. */
  Optional<Saga> find(Definition definition) {
    return runners.stream().flatMap(runner -> runner.find(definition).stream()).findFirst();
  }

  RunWaits waits() {
    return around.waits();
  }

  /** Has all runners look for runs soon. */
  public void wake() {
    runners.forEach(LeasedRunner::wake);
  }

  /** Tells of runs that wait for a definition which no runner of this runtime knows. */
  public void lookForMissed() {
    if (runners.isEmpty()) {
      return;
    }
    around
        .store()
        .waiting(WAITING)
        .forEach(
            (definition, runs) -> {
              if (find(definition).isEmpty() && missed.add(definition)) {
                around.events().waiting(definition.name(), definition.version(), runs);
              }
            });
  }

  /** Closes all runners, within the time. */
  public void close(Duration patience) {
    closed = true;
    int unused = LeasedRunner.close(List.copyOf(runners), patience);
  }
}
