package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.event.SagaEvent.SagaTakenOver;
import io.mistersmith.persistence.event.SagaEvent.StepHanging;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaRun.Event;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.spi.sql.SagaStore.NewEntry;
import io.mistersmith.persistence.spi.sql.SagaStore.Then;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of sagas whose runner dies, loses its lease, or gets no answers. */
public abstract class SagaRecoveryContract extends SagaRunTests {

  private static final StateType<String> NOTE = StateType.of("note", String.class);

  /** For implementations. */
  protected SagaRecoveryContract() {}

  private static final NewEntry BEGUN_A = row(Event.BEGUN, "a", 1, Map.of());
  private static final NewEntry DONE_A = row(Event.DONE, "a", 1, Map.of("by", "dead"));
  private static final NewEntry DONE_B = row(Event.DONE, "b", 1, Map.of());
  private static final NewEntry BEGUN_C = row(Event.BEGUN, "c", 1, Map.of());
  private static final NewEntry DONE_C = row(Event.DONE, "c", 1, Map.of());

  private Saga three() {
    return saga(
        "three",
        noted("a"),
        SagaStep.inTransaction(
                "b",
                (context, tx) -> {
                  done.add("b");
                  return Map.of();
                })
            .compensatedInTransaction(
                (context, tx) -> {
                  done.add("-b");
                  return Map.of();
                }),
        noted("c"));
  }

  @Test
  void aRunGoesOnWhereItsOwnerDied() {
    Saga saga = three();
    List<UUID> runs =
        List.of(
            abandoned(saga),
            abandoned(saga, BEGUN_A),
            abandoned(saga, BEGUN_A, DONE_A),
            abandoned(saga, BEGUN_A, DONE_A, DONE_B),
            abandoned(saga, BEGUN_A, DONE_A, DONE_B, BEGUN_C),
            abandoned(saga, BEGUN_A, DONE_A, DONE_B, BEGUN_C, DONE_C));
    runner(saga);
    runs.forEach(id -> over(id, State.COMPLETED));
    assertThat(done.stream().filter("a"::equals)).hasSize(2);
    assertThat(done.stream().filter("b"::equals)).hasSize(3);
    assertThat(done.stream().filter("c"::equals)).hasSize(5);
    assertThat(sagas().log(runs.get(1)).get(1).attempt())
        .as("attempt of the next owner")
        .isEqualTo(2);
    assertThat(sagas().log(runs.get(1)).get(1).run()).isEqualTo(2);
  }

  @Test
  void aCompensationGoesOnWhereItsOwnerDied() {
    Saga saga = three();
    NewEntry back =
        new NewEntry(Event.COMPENSATING, Optional.empty(), 0, Map.of(), Optional.of("because"));
    Then compensate = new Then.Compensate(Duration.ofMinutes(1));
    List<UUID> runs =
        List.of(
            abandoned(saga, compensate, BEGUN_A, DONE_A, DONE_B, BEGUN_C, back),
            abandoned(
                saga,
                compensate,
                BEGUN_A,
                DONE_A,
                DONE_B,
                BEGUN_C,
                back,
                row(Event.UNDO_BEGUN, "c", 1, Map.of())),
            abandoned(
                saga,
                compensate,
                BEGUN_A,
                DONE_A,
                DONE_B,
                back,
                row(Event.UNDONE, "b", 1, Map.of())));
    runner(saga);
    runs.forEach(id -> over(id, State.COMPENSATED));
    assertThat(done.stream().filter("-c"::equals)).hasSize(2);
    assertThat(done.stream().filter("-b"::equals)).hasSize(2);
    assertThat(done.stream().filter("-a"::equals)).hasSize(3);
    assertThat(done).doesNotContain("a", "b", "c");
  }

  @Test
  void aTakeOverIsTold() {
    Queue<SagaEvent> heard = new ConcurrentLinkedQueue<>();
    Persistence runtime =
        open(config().listener(PersistenceListener.of(SagaEvent.class, heard::add)).build());
    Saga saga = three();
    UUID id = abandoned(saga, BEGUN_A);
    runner(runtime, saga);
    over(id, State.COMPLETED);
    assertThat(heard).contains(new SagaTakenOver(id, "three", "work of " + id, 2));
  }

  @Test
  void aChangedDefinitionIsNoticedBeforeAnythingIsDone() {
    UUID id = abandoned(three(), BEGUN_A, DONE_A);
    Saga changed = saga("three", noted("a"), noted("other"), noted("c"));
    SagaRunner wrong = runner(changed);
    assertThat(over(id, State.DEFINITION_CHANGED).reason().orElseThrow())
        .contains("[a, other, c]")
        .contains("[a, b, c]");
    assertThat(done).isEmpty();
    wrong.close();
    runner(three());
    assertThat(sagas().resume(id)).isTrue();
    over(id, State.COMPLETED);
    assertThat(done).containsExactly("b", "c");
  }

  @Test
  void aRunnerThatLosesItsLeaseIsInterruptedAndRefused() throws Exception {
    Faults faults = new Faults(1);
    Persistence first = open(config().build(), faults);
    CountDownLatch begun = new CountDownLatch(1);
    Saga saga =
        saga(
            "lost",
            SagaStep.call(
                    "a",
                    context -> {
                      if (begun.getCount() > 0) {
                        begun.countDown();
                        new CountDownLatch(1).await();
                      }
                      done.add("a");
                      return Map.of("attempt", context.attempt());
                    })
                .withTimeout(Duration.ofMinutes(4)));
    SagaRunner.Options options =
        SagaRunner.Options.of(1).withPoll(Duration.ofMillis(50)).withLease(Duration.ofMillis(500));
    SagaRunner losing = first.sagas().startRunner(options, List.of(saga));
    UUID id = first.sagas().start(saga, SagaStart.of(Map.of()));
    begun.await();
    faults.on(Call.LEASE).loseRequests(1);
    Awaitility.await().atMost(SOON).until(() -> losing.running() == 0);
    elapse(Duration.ofMillis(600));
    SagaRunner next = runner(saga);
    over(id, State.COMPLETED);
    assertThat(sagas().log(id).get(1).run()).isEqualTo(2);
    assertThat(done).containsExactly("a");
    next.close();
    faults.clear();
    over(first.sagas().start(saga, SagaStart.of(Map.of())), State.COMPLETED);
  }

  @Test
  void answersThatAreLostChangeNothing() {
    Faults faults = new Faults(7);
    Persistence runtime = open(config().build(), faults);
    Saga saga =
        saga(
            "lost answers",
            noted("a"),
            SagaStep.inTransaction(
                    "b",
                    (context, tx) -> {
                      tx.tasks()
                          .enqueue(NewTask.of("job", Map.of("of", context.saga().toString())));
                      return Map.of();
                    })
                .withAttempts(100)
                .withPause(Duration.ofMillis(1)),
            SagaStep.entry(
                    "e",
                    context ->
                        EntryChange.put(
                            NOTE, agent(), context.saga().toString(), context.saga().toString()))
                .withAttempts(100)
                .withPause(Duration.ofMillis(1)),
            noted("c"));
    runner(runtime, saga);
    faults.on(Call.SQL_WRITE).loseAcknowledgements(0.1).loseRequests(0.1);
    faults.on(Call.TRANSACTION).loseAcknowledgements(0.3);
    faults.on(Call.PUBLISH).loseAcknowledgements(0.3);
    List<UUID> runs = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      runs.add(sagas().start(saga, SagaStart.of(Map.of("n", i))));
    }
    for (UUID id : runs) {
      Awaitility.await()
          .atMost(SOON)
          .until(
              () -> {
                elapse(Duration.ofMillis(20));
                return sagas().find(id).orElseThrow().state() == State.COMPLETED;
              });
    }
    faults.clear();
    for (UUID id : runs) {
      assertThat(persistence().tasks().find(TaskQuery.all().withLimit(1_000)))
          .filteredOn(task -> task.payload().equals(Map.of("of", id.toString())))
          .hasSize(1);
      assertThat(persistence().states(NOTE).find(key(id.toString())).orElseThrow().value())
          .isEqualTo(id.toString());
    }
  }

  @Test
  void aStepThatIgnoresItsInterruptHoldsUpNoOther() throws Exception {
    Queue<SagaEvent> heard = new ConcurrentLinkedQueue<>();
    Persistence runtime =
        open(config().listener(PersistenceListener.of(StepHanging.class, heard::add)).build());
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    Saga deaf =
        saga(
            "deaf",
            SagaStep.call(
                    "a",
                    context -> {
                      begun.countDown();
                      awaitUninterruptibly(end);
                      return Map.of();
                    })
                .withTimeout(Duration.ofMillis(20)));
    Saga other = saga("other", noted("b"));
    SagaRunner unused =
        runtime
            .sagas()
            .startRunner(
                SagaRunner.Options.of(1)
                    .withPoll(Duration.ofMillis(50))
                    .withLease(Duration.ofMillis(500)),
                List.of(deaf, other));
    UUID stuck = runtime.sagas().start(deaf, SagaStart.of(Map.of()));
    begun.await();
    UUID waits = runtime.sagas().start(other, SagaStart.of(Map.of()));
    over(waits, State.COMPLETED);
    assertThat(heard).containsExactly(new StepHanging(stuck, "deaf", stuck.toString(), "a", false));
    assertThat(notices(runtime)).hasSize(1).first().asString().contains(stuck + ", step a");
    end.countDown();
    over(stuck, State.COMPLETED);
    Awaitility.await().atMost(SOON).until(() -> notices(runtime).isEmpty());
  }

  private static List<String> notices(Persistence runtime) {
    return runtime.operations().notices().stream()
        .filter(notice -> notice.startsWith("saga deaf"))
        .toList();
  }

  /** Waits as code does that ignores interrupts. */
  private static void awaitUninterruptibly(CountDownLatch end) {
    while (end.getCount() > 0) {
      try {
        end.await();
      } catch (InterruptedException e) {
        // It goes on.
      }
    }
  }

  @Test
  void aRunThatIsCancelledWithoutARunnerIsCompensatedByTheNext() {
    Saga saga = three();
    UUID id = abandoned(saga, BEGUN_A, DONE_A);
    assertThat(sagas().cancel(id, "nobody is there")).isTrue();
    runner(saga);
    assertThat(over(id, State.COMPENSATED).reason()).contains("cancelled: nobody is there");
    assertThat(done).containsExactly("-a");
  }

  @Test
  void theDeadlineOutlivesTheRunner() {
    Saga saga =
        Saga.builder("deadline", 1)
            .timeout(Duration.ofMillis(200))
            .step(noted("a"))
            .step(noted("b"))
            .build();
    UUID id = abandoned(saga, BEGUN_A, DONE_A);
    elapse(Duration.ofMillis(300));
    runner(saga);
    assertThat(over(id, State.COMPENSATED).reason().orElseThrow()).contains("PT0.2S");
    assertThat(done).containsExactly("-a");
  }

  @Test
  void startsAtOnceWithOneUniqueKeyStartOneRun() throws Exception {
    Saga saga = saga("started at once", noted("a"));
    runner(saga);
    SagaStart once = SagaStart.of(Map.of()).withUniqueKey("at once");
    Set<UUID> started = ConcurrentHashMap.newKeySet();
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> starters = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread starter =
          new Thread(
              () -> {
                awaitUninterruptibly(go);
                started.add(sagas().start(saga, once));
              });
      starter.start();
      starters.add(starter);
    }
    go.countDown();
    for (Thread starter : starters) {
      starter.join();
    }
    assertThat(started).hasSize(1);
    over(started.iterator().next(), State.COMPLETED);
    assertThat(done).containsExactly("a");
  }
}
