package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.saga.Saga;
import io.mistersmith.persistence.saga.SagaQuery;
import io.mistersmith.persistence.saga.SagaRun;
import io.mistersmith.persistence.saga.SagaRun.State;
import io.mistersmith.persistence.saga.SagaStep;
import io.mistersmith.persistence.saga.StepRefusedException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The contract of sagas that are steps of other sagas. */
public abstract class NestedSagaContract extends SagaRunTests {

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
}
