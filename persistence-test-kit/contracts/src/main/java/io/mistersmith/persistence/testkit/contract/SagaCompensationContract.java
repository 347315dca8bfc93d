package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The contract of sagas that go back: compensations, deadlines, and what an operator does. */
public abstract class SagaCompensationContract extends SagaRunTests {

  private static final StateType<String> NOTE = StateType.of("note", String.class);

  /** For implementations. */
  protected SagaCompensationContract() {}

  private StateRepository<String> notes() {
    return persistence().states(NOTE);
  }

  private SagaStep writes(String key, String value) {
    return SagaStep.entry("entry " + key, context -> EntryChange.put(NOTE, agent(), key, value));
  }

  @Test
  void stepsAreUndoneInReverseOrder() {
    SagaStep bare =
        SagaStep.call(
            "bare",
            context -> {
              done.add("bare");
              return Map.of();
            });
    Saga saga = saga("reverse", noted("a"), bare, noted("b"), failing("c").withAttempts(2));
    runner(saga);
    UUID id = start(saga);
    assertThat(over(id, State.COMPENSATED).reason())
        .contains("step c failed: IllegalStateException: no c");
    assertThat(done).containsExactly("a", "bare", "b", "c", "c", "-c", "-b", "-a");
    assertThat(events(id))
        .containsSubsequence(
            "FAILED c",
            "COMPENSATING",
            "UNDO_BEGUN c",
            "UNDONE c",
            "UNDONE b",
            "UNDONE a",
            "ENDED");
  }

  @Test
  void aRefusedStepIsNotUndone() {
    Saga saga =
        saga(
            "refused",
            noted("a"),
            SagaStep.call(
                    "b",
                    context -> {
                      throw new StepRefusedException("sold out");
                    })
                .compensatedByCall(
                    context -> {
                      done.add("-b");
                      return Map.of();
                    }));
    runner(saga);
    assertThat(over(start(saga), State.COMPENSATED).reason()).contains("step b failed: sold out");
    assertThat(done).containsExactly("a", "-a");
  }

  @Test
  void aStepThatIsRefusedAfterAnotherFailureIsUndone() {
    Saga saga =
        saga(
            "refused later",
            SagaStep.call(
                    "a",
                    context -> {
                      if (context.attempt() == 1) {
                        throw new IllegalStateException("no answer");
                      }
                      throw new StepRefusedException("sold out");
                    })
                .withPause(Duration.ofMillis(1))
                .compensatedByCall(
                    context -> {
                      done.add("-" + context.actionKey());
                      return Map.of();
                    }));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPENSATED);
    assertThat(done).containsExactly("-" + id + "/a");
  }

  @Test
  void aStepInATransactionIsUndoneOnlyWhenItIsDone() {
    SagaStep rows =
        SagaStep.inTransaction(
                "rows",
                (context, tx) -> {
                  throw new StepRefusedException("never");
                })
            .compensatedInTransaction(
                (context, tx) -> {
                  done.add("-rows");
                  return Map.of();
                });
    Saga saga = saga("not done", noted("a"), rows);
    runner(saga);
    over(start(saga), State.COMPENSATED);
    assertThat(done).containsExactly("a", "-a");
  }

  @Test
  void entriesGetTheirExactBytesBack() {
    texts().save(key("k").withType("_"), "[1.50,\"é\"]");
    StateType<Object> raw = StateType.untyped(Object.class);
    Saga saga =
        saga(
            "entries",
            SagaStep.entry("change", context -> EntryChange.put(raw, agent(), "k", List.of(2))),
            SagaStep.entry("create", context -> EntryChange.put(raw, agent(), "new", Map.of())),
            SagaStep.entry("delete", context -> EntryChange.delete(raw, agent(), "k")),
            failing("no").withAttempts(1));
    runner(saga);
    over(start(saga), State.COMPENSATED);
    assertThat(texts().find(key("k")).orElseThrow().value()).isEqualTo("[1.50,\"é\"]");
    assertThat(states().find(key("new"))).isEmpty();
  }

  @Test
  void whatOthersWroteIsNotOverwritten() {
    notes().save(key("k"), "before");
    AtomicBoolean once = new AtomicBoolean();
    Saga saga =
        saga(
            "foreign",
            writes("k", "of the saga"),
            SagaStep.call(
                "others",
                context -> {
                  if (once.compareAndSet(false, true)) {
                    notes().save(key("k"), "of others");
                  }
                  throw new StepRefusedException("never mind");
                }));
    runner(saga);
    UUID id = start(saga);
    SagaRun stopped = over(id, State.COMPENSATION_FAILED);
    assertThat(stopped.reason().orElseThrow()).contains("others have written it");
    assertThat(notes().find(key("k")).orElseThrow().value()).isEqualTo("of others");
    assertThat(sagas().find(SagaQuery.all().withState(State.COMPENSATION_FAILED)))
        .extracting(SagaRun::id)
        .contains(id);
    notes().save(key("k"), "before");
    assertThat(sagas().resume(id)).isTrue();
    over(id, State.COMPENSATED);
    assertThat(sagas().resume(id)).isFalse();
  }

  @Test
  void whatOthersWroteBetweenTwoStepsIsNotOverwritten() {
    notes().save(key("k"), "before");
    AtomicBoolean once = new AtomicBoolean();
    Saga saga =
        saga(
            "between",
            writes("k", "first"),
            SagaStep.call(
                "others",
                context -> {
                  if (once.compareAndSet(false, true)) {
                    notes().save(key("k"), "of others");
                  }
                  return Map.of();
                }),
            SagaStep.entry("second", context -> EntryChange.put(NOTE, agent(), "k", "second")),
            failing("no").withAttempts(1));
    runner(saga);
    UUID id = start(saga);
    assertThat(over(id, State.COMPENSATION_FAILED).reason().orElseThrow())
        .contains("step entry k is not undone");
    assertThat(notes().find(key("k")).orElseThrow().value()).isEqualTo("of others");
  }

  @Test
  void aCompensationThatFailsIsResumedOrGivenUp() {
    AtomicBoolean works = new AtomicBoolean();
    SagaStep stubborn =
        SagaStep.call("a", context -> Map.of())
            .compensatedByCall(
                context -> {
                  if (!works.get()) {
                    throw new IllegalStateException("not now");
                  }
                  done.add("-a");
                  return Map.of();
                })
            .withPause(Duration.ofMillis(1));
    Saga saga = saga("stubborn", noted("first"), stubborn, failing("b").withAttempts(1));
    runner(saga);
    UUID resumed = start(saga);
    UUID given = start(saga);
    assertThat(over(resumed, State.COMPENSATION_FAILED).reason().orElseThrow())
        .contains("step a is not undone")
        .contains("not now");
    over(given, State.COMPENSATION_FAILED);
    assertThat(sagas().giveUp(given, "paid by hand")).isTrue();
    assertThat(over(given, State.GIVEN_UP).reason()).contains("paid by hand");
    works.set(true);
    assertThat(sagas().resume(resumed)).isTrue();
    over(resumed, State.COMPENSATED);
    assertThat(done).contains("-a").endsWith("-first");
  }

  @Test
  void aStepBehindThePivotThatIsRefusedStopsTheRun() {
    AtomicBoolean works = new AtomicBoolean();
    Saga saga =
        Saga.builder("forward", 1)
            .pivot(noted("a"))
            .step(
                SagaStep.call(
                    "b",
                    context -> {
                      if (!works.get()) {
                        throw new StepRefusedException("closed");
                      }
                      return Map.of();
                    }))
            .build();
    runner(saga);
    UUID id = start(saga);
    over(id, State.FORWARD_FAILED);
    works.set(true);
    assertThat(sagas().resume(id)).isTrue();
    over(id, State.COMPLETED);
    assertThat(done).containsExactly("a");
  }

  @Test
  void aRunThatIsCancelledIsCompensatedAfterItsStep() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Saga saga =
        saga(
            "cancelled",
            SagaStep.call(
                    "a",
                    context -> {
                      begun.countDown();
                      goOn.await();
                      done.add("a");
                      return Map.of();
                    })
                .compensatedByCall(
                    context -> {
                      done.add("-a");
                      return Map.of();
                    }),
            noted("b"));
    runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(sagas().cancel(id, "enough")).isTrue();
    goOn.countDown();
    assertThat(over(id, State.COMPENSATED).reason()).contains("cancelled: enough");
    assertThat(done).containsExactly("a", "-a");
    assertThat(sagas().cancel(id, "again")).isFalse();
  }

  @Test
  void aRunThatIsLateIsCompensated() {
    Saga saga =
        Saga.builder("late", 1)
            .timeout(BEGUN)
            .step(noted("a"))
            .step(failing("b").withAttempts(1_000))
            .build();
    runner(saga);
    assertThat(over(start(saga), State.COMPENSATED).reason().orElseThrow())
        .contains(BEGUN + " of the saga are over");
    assertThat(done).endsWith("-b", "-a");
  }

  @Test
  void aCompensationThatIsLateStops() {
    Saga saga =
        Saga.builder("late back", 1)
            .compensationTimeout(Duration.ofMillis(200))
            .step(
                SagaStep.call("a", context -> Map.of())
                    .compensatedByCall(
                        context -> {
                          throw new IllegalStateException("no");
                        })
                    .withAttempts(1_000)
                    .withPause(Duration.ofMillis(10)))
            .step(failing("b").withAttempts(1))
            .build();
    runner(saga);
    assertThat(over(start(saga), State.COMPENSATION_FAILED).reason().orElseThrow())
        .contains("PT0.2S of the compensation are over");
  }

  @Test
  void aRunThatAlwaysFailsHoldsUpNoOther() {
    SagaStep stuck =
        SagaStep.call("x", context -> Map.of())
            .compensatedByCall(
                context -> {
                  throw new IllegalStateException("never");
                })
            .withAttempts(10_000);
    Saga bad = saga("bad", stuck, failing("y").withAttempts(1));
    Saga good = saga("good", noted("a"), noted("b"));
    runner(bad, good);
    List<UUID> stopped = new ArrayList<>();
    List<UUID> ended = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      if (i < 8) {
        stopped.add(start(bad));
      }
      ended.add(start(good));
    }
    ended.forEach(id -> over(id, State.COMPLETED));
    assertThat(stopped)
        .allSatisfy(
            id ->
                assertThat(sagas().find(id).orElseThrow().state())
                    .isIn(State.RUNNING, State.COMPENSATING));
  }

  @Test
  void noStepIsBegunAfterTheDeadline() {
    SagaStep slow =
        SagaStep.call(
                "slow",
                context -> {
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    done.add("slow");
                  }
                  return Map.of();
                })
            .compensatedByCall(
                context -> {
                  done.add("-slow");
                  return Map.of();
                });
    Saga saga = Saga.builder("too slow", 1).timeout(BEGUN).step(slow).step(noted("b")).build();
    runner(saga);
    over(start(saga), State.COMPENSATED);
    assertThat(done).containsExactly("slow", "-slow");
  }

  @Test
  void aCompensationIsRepeatedWithTheSameKey() {
    SagaStep accepted =
        SagaStep.call("a", context -> Map.of())
            .compensatedByCall(
                context -> {
                  done.add(context.idempotencyKey());
                  if (context.attempt() < 3) {
                    throw new IllegalStateException("accepted, and not done yet");
                  }
                  return Map.of();
                })
            .withPause(Duration.ofMillis(1));
    Saga saga = saga("accepted", accepted, failing("b").withAttempts(1));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPENSATED);
    assertThat(done).filteredOn((id + "/a/undo")::equals).hasSize(3);
  }
}
