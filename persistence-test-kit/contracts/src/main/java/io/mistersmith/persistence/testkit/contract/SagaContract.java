package io.mistersmith.persistence.testkit.contract;

import static io.mistersmith.persistence.testkit.contract.Failures.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaRunner;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.task.TaskQuery;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of sagas that go forward: steps of each kind, attempts, pivots, runners. */
public abstract class SagaContract extends SagaRunTests {

  private static final TransactionOptions OPTIONS =
      TransactionOptions.of(Boundary.SINGLE_OPERATION, "try sagas");

  private static final StateType<String> NOTE = StateType.of("note", String.class);

  /** For implementations. */
  protected SagaContract() {}

  @Test
  void stepsOfEachKindAreDoneOnce() {
    Saga inner = saga("inner", noted("x"), noted("y"));
    Saga saga =
        saga(
            "each kind",
            noted("call"),
            SagaStep.inTransaction(
                "rows",
                (context, tx) -> {
                  assertThat(context.result("call")).isEqualTo(Map.of("by", "call"));
                  return Map.of(
                      "task", tx.tasks().enqueue(NewTask.of("job", context.input())).toString());
                }),
            SagaStep.entry(
                "entry",
                context ->
                    EntryChange.put(
                        NOTE, agent(), "k", String.valueOf(context.result("rows").get("task")))),
            SagaStep.nested("nested", inner, context -> Map.of("from", context.saga().toString())),
            noted("last"));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPLETED);
    assertThat(done).containsExactly("call", "x", "y", "last");
    String task = persistence().states(NOTE).find(key("k")).orElseThrow().value();
    assertThat(persistence().tasks().find(UUID.fromString(task)).orElseThrow().payload())
        .isEqualTo(Map.of("n", 1));
    assertThat(events(id))
        .containsExactly(
            "BEGUN call",
            "DONE call",
            "DONE rows",
            "BEGUN entry",
            "DONE entry",
            "BEGUN nested",
            "DONE nested",
            "BEGUN last",
            "DONE last",
            "ENDED");
    SagaRun nested = sagas().find(SagaQuery.all().withParent(id)).get(0);
    assertThat(nested.state()).isEqualTo(State.COMPLETED);
    assertThat(nested.input()).isEqualTo(Map.of("from", id.toString()));
    assertThat(nested.correlationId()).isEqualTo(id.toString());
  }

  @Test
  void aFailedAttemptIsRepeatedWithTheSameKey() {
    List<String> keys = new CopyOnWriteArrayList<>();
    Saga saga =
        saga(
            "attempts",
            SagaStep.call(
                    "a",
                    context -> {
                      keys.add(context.idempotencyKey());
                      if (context.attempt() < 3) {
                        throw new IllegalStateException("attempt " + context.attempt());
                      }
                      return Map.of("attempt", context.attempt());
                    })
                .withPause(Duration.ofMillis(1)));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPLETED);
    assertThat(keys).hasSize(3).containsOnly(id + "/a");
    assertThat(sagas().log(id).get(3).data()).isEqualTo(Map.of("attempt", 3));
  }

  @Test
  void anAttemptIsInterruptedWhenItsTimeIsOver() {
    Saga saga =
        saga(
            "slow",
            SagaStep.call(
                    "a",
                    context -> {
                      new CountDownLatch(1).await();
                      return Map.of();
                    })
                .withTimeout(Duration.ofMillis(50))
                .withAttempts(1));
    runner(saga);
    assertThat(over(start(saga), State.COMPENSATED).reason().orElseThrow())
        .contains("interrupted after PT0.05S");
  }

  @Test
  void aStepInATransactionIsCommittedWithItsRowOrNotAtAll() {
    AtomicInteger attempts = new AtomicInteger();
    Saga saga =
        saga(
            "transaction",
            SagaStep.inTransaction(
                    "rows",
                    (context, tx) -> {
                      tx.tasks()
                          .enqueue(NewTask.of("job", Map.of("of", context.saga().toString())));
                      if (attempts.incrementAndGet() == 1) {
                        throw new IllegalStateException("not yet");
                      }
                      return Map.of();
                    })
                .withPause(Duration.ofMillis(1)));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPLETED);
    assertThat(
            persistence().tasks().find(TaskQuery.all()).stream()
                .filter(task -> task.payload().equals(Map.of("of", id.toString()))))
        .hasSize(1);
    assertThat(events(id)).containsExactly("FAILED rows", "DONE rows", "ENDED");
  }

  @Test
  void behindThePivotStepsAreRepeatedUntilTheyAreDone() {
    AtomicInteger attempts = new AtomicInteger();
    Saga saga =
        Saga.builder("pivot", 1)
            .step(noted("a"))
            .pivot(noted("b"))
            .step(
                SagaStep.call(
                        "c",
                        context -> {
                          if (attempts.incrementAndGet() < 6) {
                            throw new IllegalStateException("not yet");
                          }
                          return Map.of();
                        })
                    .withPause(Duration.ZERO))
            .build();
    runner(saga);
    over(start(saga), State.COMPLETED);
    assertThat(attempts).hasValue(6);
    assertThat(done).containsExactly("a", "b");
  }

  @Test
  void aUniqueKeyStartsOneRun() {
    Saga saga = saga("unique", noted("a"));
    SagaStart once = SagaStart.of(Map.of()).withUniqueKey("k").withCorrelationId("work");
    runner(saga);
    UUID first = sagas().start(saga, once);
    UUID again = sagas().start(saga, once);
    assertThat(again).isEqualTo(first);
    assertThat(over(first, State.COMPLETED).correlationId()).isEqualTo("work");
    assertThat(done).containsExactly("a");
  }

  @Test
  void aRunStartsWithTheCallersTransaction() {
    Saga saga = saga("joined", noted("a"));
    runner(saga);
    assertThatThrownBy(
            () ->
                persistence()
                    .transactions()
                    .execute(
                        OPTIONS,
                        tx -> {
                          sagas().in(tx).start(saga, SagaStart.of(Map.of()).withUniqueKey("no"));
                          throw new IllegalStateException("rolled back");
                        }))
        .hasMessage("rolled back");
    UUID id =
        persistence()
            .transactions()
            .run(
                OPTIONS,
                tx -> {
                  assertThatThrownBy(() -> sagas().in(tx).await(agent().uuid(), SOON))
                      .isInstanceOf(IllegalStateException.class);
                  return sagas().in(tx).start(saga, SagaStart.of(Map.of()));
                });
    over(id, State.COMPLETED);
    assertThat(sagas().find(SagaQuery.all().withName("joined"))).hasSize(1);
    assertThat(done).containsExactly("a");
  }

  @Test
  void aRunWaitsForARunnerThatKnowsItsVersion() {
    Saga first = saga("versions", noted("a"));
    Saga second = Saga.builder("versions", 2).step(noted("b")).build();
    UUID old = start(first);
    runner(second);
    UUID now = start(second);
    over(now, State.COMPLETED);
    assertFails(DataError.TIMEOUT, () -> sagas().await(old, Duration.ofMillis(50)));
    runner(first);
    over(old, State.COMPLETED);
    assertThat(done).containsExactly("b", "a");
  }

  @Test
  void twoDefinitionsOfOneNameAndVersionAreRefused() {
    Saga one = saga("twice", noted("a"));
    assertThatThrownBy(() -> runner(one, saga("twice", noted("b"))))
        .isInstanceOf(IllegalArgumentException.class);
    runner(one, one);
  }

  @Test
  void aRunnerThatIsClosedLeavesItsRunsToOthersAtOnce() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Saga saga =
        saga(
            "handed over",
            SagaStep.call(
                "a",
                context -> {
                  begun.countDown();
                  goOn.await();
                  done.add("a");
                  return Map.of();
                }),
            noted("b"));
    SagaRunner leaving = runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(leaving.running()).isEqualTo(1);
    Thread closing = new Thread(() -> leaving.close(SOON));
    closing.start();
    goOn.countDown();
    closing.join();
    runner(open(config().build()), saga);
    over(id, State.COMPLETED);
    assertThat(done).containsExactly("a", "b");
  }

  @Test
  void aRunnerThatIsClosedInterruptsWhatDoesNotEnd() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    Saga saga =
        saga(
            "stuck",
            SagaStep.call(
                "a",
                context -> {
                  begun.countDown();
                  if (context.attempt() == 1) {
                    new CountDownLatch(1).await();
                  }
                  return Map.of();
                }));
    SagaRunner leaving = runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(leaving.close(Duration.ofMillis(50))).isEqualTo(1);
    runner(saga);
    over(id, State.COMPLETED);
  }

  @Test
  void listenersHearHowRunsGoOn() {
    Queue<SagaEvent> heard = new ConcurrentLinkedQueue<>();
    var runtime =
        open(config().listener(PersistenceListener.of(SagaEvent.class, heard::add)).build());
    Saga saga = saga("heard", failing("a").withAttempts(1));
    runner(runtime, saga);
    UUID id = runtime.sagas().start(saga, SagaStart.of(Map.of()).withCorrelationId("work"));
    over(id, State.COMPENSATED);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(heard)
                    .hasAtLeastOneElementOfType(SagaEvent.SagaEnded.class)
                    .contains(
                        new SagaEvent.StepFailed(
                            id, "heard", "work", "a", false, 1, "IllegalStateException: no a")));
  }
}
