package io.mistersmith.persistence.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaContext;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.Sagas;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Work in several steps that is done whole or undone. */
class SagaTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final StateType<String> trips = StateType.of("trip", String.class);
  private final AgentId traveller = AgentId.external("ada");
  private boolean soldOut;

  private Map<String, Object> book(SagaContext context) {
    if (soldOut) {
      throw new StepRefusedException("no seats left");
    }
    return Map.of("booking", context.idempotencyKey());
  }

  private Map<String, Object> cancelBooking(SagaContext context) {
    return Map.of("cancelled", context.actionKey());
  }

  private Saga trip() {
    Saga trip =
        Saga.builder("trip", 1)
            .step(
                SagaStep.inTransaction(
                        "request",
                        (context, tx) -> {
                          UUID task = tx.tasks().enqueue(NewTask.of("visa", context.input()));
                          return Map.of("task", task.toString());
                        })
                    .compensatedInTransaction(
                        (context, tx) -> {
                          String task = String.valueOf(context.result("request").get("task"));
                          tx.tasks().cancel(UUID.fromString(task), "the trip is off");
                          return Map.of();
                        }))
            .step(
                SagaStep.entry(
                    "plan", context -> EntryChange.put(trips, traveller, "rome", "planned")))
            .step(SagaStep.call("book", this::book).compensatedByCall(this::cancelBooking))
            .build();
    return trip;
  }

  @Test
  void doesAllSteps() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Saga trip = trip();
      Sagas sagas = persistence.sagas();
      SagaRunner runner = sagas.startRunner(SagaRunner.Options.of(8), List.of(trip));
      UUID run = sagas.start(trip, SagaStart.of(Map.of("city", "Rome")).withUniqueKey("trip-81"));
      SagaRun ended = sagas.await(run, Duration.ofSeconds(20)).orElseThrow();

      assertThat(ended.state()).isEqualTo(State.COMPLETED);
      assertThat(persistence.states(trips).find(StateKey.of(traveller, "rome"))).isPresent();
      runner.close();
    }
  }

  @Test
  void undoesWhatWasDone() {
    soldOut = true;
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Saga trip = trip();
      Sagas sagas = persistence.sagas();
      sagas.startRunner(SagaRunner.Options.of(8), List.of(trip));
      UUID run = sagas.start(trip, SagaStart.of(Map.of("city", "Rome")));
      SagaRun ended = sagas.await(run, SOON).orElseThrow();

      assertThat(ended.state()).isEqualTo(State.COMPENSATED);
      assertThat(ended.reason()).contains("step book failed: no seats left");
      assertThat(persistence.states(trips).find(StateKey.of(traveller, "rome"))).isEmpty();
    }
  }

  @Test
  void startsInATransaction() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Saga trip = trip();
      persistence.sagas().startRunner(SagaRunner.Options.of(1), List.of(trip));
      UUID run =
          persistence
              .transactions()
              .run(
                  TransactionOptions.of(Boundary.SINGLE_OPERATION, "order a trip"),
                  tx -> {
                    tx.tasks().enqueue(NewTask.of("invoice", Map.of()));
                    return persistence.sagas().in(tx).start(trip, SagaStart.of(Map.of()));
                  }); // both or neither

      assertThat(persistence.sagas().await(run, SOON).orElseThrow().state())
          .isEqualTo(State.COMPLETED);
    }
  }

  @Test
  void listsWhatWaitsForAnOperator() {
    try (Persistence persistence = Persistence.open(config, new InMemoryStores())) {
      Saga stuck =
          Saga.builder("stuck", 1)
              .step(
                  SagaStep.call("a", context -> Map.of())
                      .compensatedByCall(
                          context -> {
                            throw new StepRefusedException("the office is closed");
                          }))
              .step(
                  SagaStep.call(
                      "b",
                      context -> {
                        throw new StepRefusedException("no");
                      }))
              .build();
      Sagas sagas = persistence.sagas();
      sagas.startRunner(SagaRunner.Options.of(1), List.of(stuck));
      sagas.await(sagas.start(stuck, SagaStart.of(Map.of())), SOON);

      SagaQuery stopped = SagaQuery.all().withState(State.COMPENSATION_FAILED);
      for (SagaRun run : sagas.find(stopped)) {
        System.out.println(run.name() + " " + run.id() + " " + run.reason().orElse(""));
        sagas.giveUp(run.id(), "settled by phone"); // or resume(run.id())
      }

      assertThat(sagas.find(stopped)).isEmpty();
    }
  }
}
