package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.LogEntry;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.spi.sql.SagaStore;
import io.mistersmith.persistence.spi.sql.SagaStore.Added;
import io.mistersmith.persistence.spi.sql.SagaStore.Definition;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Owned;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** The common part of the contracts about the runs of sagas. */
abstract class SagaRunTests extends PersistenceContract {

  /**
   * A run has begun its first steps by then, on a busy machine too. Not longer: a run whose pause
   * is a second rests until the clock of the store has moved, which in memory nobody moves.
   */
  static final Duration BEGUN = Duration.ofSeconds(1);

  /** What actions and compensations did, in order. */
  final List<String> done = new CopyOnWriteArrayList<>();

  SagaRunTests() {}

  final Sagas sagas() {
    return persistence().sagas();
  }

  final SagaRunner runner(Saga... known) {
    return runner(persistence(), known);
  }

  static SagaRunner runner(Persistence runtime, Saga... known) {
    SagaRunner.Options options = SagaRunner.Options.of(4).withPoll(Duration.ofMillis(100));
    return runtime.sagas().startRunner(options, List.of(known));
  }

  /** A step that notes its name when it is done, and when it is undone. */
  final SagaStep noted(String name) {
    return SagaStep.call(
            name,
            context -> {
              done.add(name);
              return Map.of("by", name);
            })
        .compensatedByCall(
            context -> {
              done.add("-" + name);
              return Map.of();
            })
        .withPause(Duration.ofMillis(10));
  }

  /** A step that fails always, and has a compensation all the same. */
  final SagaStep failing(String name) {
    return SagaStep.call(
            name,
            context -> {
              done.add(name);
              throw new IllegalStateException("no " + name);
            })
        .compensatedByCall(
            context -> {
              done.add("-" + name);
              return Map.of();
            })
        .withPause(Duration.ofMillis(10));
  }

  static Saga saga(String name, SagaStep... steps) {
    Saga.Builder builder = Saga.builder(name, 1);
    for (SagaStep step : steps) {
      builder = builder.step(step);
    }
    return builder.build();
  }

  final UUID start(Saga saga) {
    return sagas().start(saga, SagaStart.of(Map.of("n", 1)));
  }

  /** Waits until a run is over, and returns it. */
  final SagaRun over(UUID run) {
    return sagas().await(run, SOON).orElseThrow();
  }

  final SagaRun over(UUID run, State state) {
    SagaRun found = over(run);
    assertThat(found.state()).as(found + " " + sagas().log(run)).isEqualTo(state);
    return found;
  }

  /** The events of a run's log, with their steps. */
  final List<String> events(UUID run) {
    List<String> events = new ArrayList<>();
    for (LogEntry row : sagas().log(run)) {
      events.add(row.event() + row.step().map(step -> " " + step).orElse(""));
    }
    return events;
  }

  /** A run whose owner has died after it wrote these rows. */
  final UUID abandoned(Saga saga, NewEntry... rows) {
    return abandoned(saga, new Then.GoOn(), rows);
  }

  /** A run whose owner has died after it wrote these rows, with which the run became this. */
  final UUID abandoned(Saga saga, Then then, NewEntry... rows) {
    SagaStore store = stores().sql().sagas();
    UUID id = UUID.randomUUID();
    UUID unused =
        store.add(
            new Added(
                id,
                new Definition(saga.name(), saga.version()),
                saga.steps().stream().map(SagaStep::name).toList(),
                Map.of("n", 1),
                "work of " + id,
                Optional.empty(),
                Optional.empty(),
                saga.timeout()),
            Optional.of("dead-" + id));
    if (rows.length > 0) {
      Optional<String> none = store.append(new Owned(id, 1), 1, List.of(rows), then);
      assertThat(none).isEmpty();
    }
    return id;
  }

  static NewEntry row(Event event, String step, int attempt, Map<String, Object> data) {
    return new NewEntry(event, Optional.of(step), attempt, data, Optional.empty());
  }
}
