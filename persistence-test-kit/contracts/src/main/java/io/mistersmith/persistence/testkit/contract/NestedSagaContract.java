package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStart;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of sagas that are steps of other sagas. */
public abstract class NestedSagaContract extends SagaRunTests {

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  /** For implementations. */
  protected NestedSagaContract() {}

  @Test
  void aNestedSagaThatFailsFailsTheStep() {
    Saga inner = saga("inner that fails", noted("x"), failing("y").withAttempts(1));
    Saga saga =
        saga(
            "outer", noted("a"), SagaStep.nested("nested", inner, context -> Map.of()), noted("b"));
    runner(saga);
    over(start(saga), State.COMPENSATED);
    assertThat(done).containsExactly("a", "x", "y", "-y", "-x", "-a");
  }

  @Test
  void aNestedSagaThatIsDoneIsUndone() {
    Saga inner = saga("inner that is undone", noted("x"), noted("y"));
    Saga saga =
        saga(
            "outer that fails",
            noted("a"),
            SagaStep.nested("nested", inner, context -> Map.of()),
            failing("b").withAttempts(1));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPENSATED);
    assertThat(done).containsExactly("a", "x", "y", "b", "-b", "-y", "-x", "-a");
    assertThat(sagas().find(SagaQuery.all().withParent(id)).get(0).state())
        .isEqualTo(State.COMPENSATED);
  }

  @Test
  void aNestedSagaThatCannotBeUndoneStopsTheOuterOne() {
    SagaStep stuck =
        SagaStep.call("x", context -> Map.of())
            .compensatedByCall(
                context -> {
                  throw new StepRefusedException("it stays");
                });
    Saga inner = saga("inner that stays", stuck);
    Saga saga =
        saga(
            "outer that stops",
            noted("a"),
            SagaStep.nested("nested", inner, context -> Map.of()),
            failing("b").withAttempts(1));
    runner(saga);
    UUID id = start(saga);
    UUID nested = null;
    while (nested == null) {
      List<SagaRun> found = sagas().find(SagaQuery.all().withParent(id));
      nested = found.isEmpty() ? null : found.get(0).id();
    }
    // The outer run looks at the nested one, which has stopped but not ended, after a second.
    UUID inside = nested;
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              elapse(Duration.ofMillis(200));
              return sagas().find(id).orElseThrow().state() == State.COMPENSATION_FAILED;
            });
    assertThat(sagas().giveUp(inside, "left as it is")).isTrue();
    assertThat(sagas().resume(id)).isTrue();
    over(id, State.COMPENSATED);
    assertThat(done).endsWith("-a");
  }

  private static SagaStep nested(String name, Saga saga) {
    return SagaStep.nested(name, saga, context -> Map.of());
  }

  /** A step that says that it is begun, and ends when it is let go. */
  private SagaStep held(String name) {
    return SagaStep.call(
            name,
            context -> {
              begun.countDown();
              goOn.await();
              done.add(name);
              return Map.of();
            })
        .compensatedByCall(
            context -> {
              done.add("-" + name);
              return Map.of();
            });
  }

  private UUID nestedIn(UUID run) {
    return sagas().find(SagaQuery.all().withParent(run)).get(0).id();
  }

  /** Waits for the state of a run that looks at another one now and then, by the store's clock. */
  private void awaitState(UUID run, State state) {
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              elapse(Duration.ofMillis(200));
              return sagas().find(run).orElseThrow().state() == state;
            });
  }

  @Test
  void sagasOfSeveralLevelsAreDone() {
    Saga inmost = saga("inmost", noted("z"));
    Saga inner = saga("inner of three", noted("y"), nested("inmost", inmost));
    Saga other = saga("beside", noted("w"));
    Saga saga =
        saga(
            "three levels",
            noted("x"),
            nested("inner", inner),
            nested("other", other),
            noted("last"));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPLETED);
    assertThat(done).containsExactly("x", "y", "z", "w", "last");
    assertThat(sagas().find(SagaQuery.all().withCorrelationId(id.toString())))
        .hasSize(4)
        .allMatch(run -> run.state() == State.COMPLETED);
  }

  @Test
  void sagasOfSeveralLevelsAreUndone() {
    Saga inmost = saga("inmost undone", noted("z"));
    Saga inner = saga("inner undone", noted("y"), nested("inmost", inmost));
    Saga saga =
        saga(
            "three levels undone",
            noted("x"),
            nested("inner", inner),
            failing("last").withAttempts(1));
    runner(saga);
    UUID id = start(saga);
    over(id, State.COMPENSATED);
    assertThat(done).containsExactly("x", "y", "z", "last", "-last", "-z", "-y", "-x");
    assertThat(sagas().find(SagaQuery.all().withCorrelationId(id.toString())))
        .hasSize(3)
        .allMatch(run -> run.state() == State.COMPENSATED);
  }

  @Test
  void aNestedSagaThatIsDoneIsNotCancelledByItself() throws Exception {
    Saga inner = saga("inner that stays done", noted("x"));
    Saga saga = saga("outer that goes on", nested("inner", inner), held("b"));
    runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(sagas().cancel(nestedIn(id), "too late")).isFalse();
    goOn.countDown();
    over(id, State.COMPLETED);
    over(nestedIn(id), State.COMPLETED);
    assertThat(done).containsExactly("x", "b");
  }

  @Test
  void aSagaThatIsCancelledUndoesTheOneNestedInIt() throws Exception {
    Saga inner = saga("inner under way", noted("x"), held("y"), noted("z"));
    Saga saga = saga("outer that is cancelled", noted("a"), nested("inner", inner), noted("b"));
    runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(sagas().cancel(id, "enough")).isTrue();
    goOn.countDown();
    awaitState(id, State.COMPENSATED);
    over(nestedIn(id), State.COMPENSATED);
    assertThat(done)
        .as("the nested saga goes on until the outer one has it compensated")
        .startsWith("a", "x", "y")
        .endsWith("-y", "-x", "-a")
        .doesNotContain("b");
  }

  @Test
  void aNestedSagaThatIsCancelledFailsTheStep() throws Exception {
    Saga inner = saga("inner that is cancelled", noted("x"), held("y"), noted("z"));
    Saga saga = saga("outer around it", noted("a"), nested("inner", inner), noted("b"));
    runner(saga);
    UUID id = start(saga);
    begun.await();
    assertThat(sagas().cancel(nestedIn(id), "enough")).isTrue();
    goOn.countDown();
    assertThat(over(id, State.COMPENSATED).reason().orElseThrow()).contains("enough");
    assertThat(done).containsExactly("a", "x", "y", "-y", "-x", "-a");
  }

  @Test
  void aNestedSagaThatIsLateFailsTheStep() {
    Saga inner =
        Saga.builder("inner that is late", 1)
            .timeout(BEGUN)
            .step(noted("x"))
            .step(failing("y").withAttempts(1_000))
            .build();
    Saga saga = saga("outer of a late one", noted("a"), nested("inner", inner), noted("b"));
    runner(saga);
    assertThat(over(start(saga), State.COMPENSATED).reason().orElseThrow())
        .contains(BEGUN.toString());
    assertThat(done).endsWith("-y", "-x", "-a").doesNotContain("b");
  }

  @Test
  void theTimeOfASagaEndsTheOneNestedInIt() {
    Saga inner = saga("inner without end", noted("x"), failing("y").withAttempts(100_000));
    Saga saga =
        Saga.builder("outer that is late", 1)
            .timeout(BEGUN)
            .step(noted("a"))
            .step(nested("inner", inner))
            .build();
    runner(saga);
    UUID id = start(saga);
    awaitState(id, State.COMPENSATED);
    over(nestedIn(id), State.COMPENSATED);
    assertThat(done).endsWith("-y", "-x", "-a");
  }

  @Test
  void aSagaThatAStepStartsIsNotNested() {
    Saga other = saga("of its own", noted("x"));
    SagaStep starts =
        SagaStep.call(
            "starts",
            context -> {
              SagaStart once = SagaStart.of(Map.of()).withUniqueKey(context.idempotencyKey());
              return Map.of("saga", sagas().start(other, once).toString());
            });
    Saga saga = saga("that starts another", starts, failing("b").withAttempts(1));
    runner(saga, other);
    UUID id = start(saga);
    over(id, State.COMPENSATED);
    SagaRun started = sagas().find(SagaQuery.all().withName("of its own")).get(0);
    assertThat(started.parent()).isEmpty();
    over(started.id(), State.COMPLETED);
    assertThat(done).doesNotContain("-x");
  }
}
