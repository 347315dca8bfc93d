package io.mistersmith.persistence.testkit.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.routing.DataRouter;
import io.mistersmith.persistence.routing.WritePolicy;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What steps must do whose policy is {@link WritePolicy#WRITE_THROUGH}, and logs beside them. */
public abstract class StepWriteThroughContract extends PersistenceContract {

  /** A flush that nobody asks for comes later than any of these tests looks. */
  private static final Duration LATE = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofMillis(600);

  private final Faults faults = new Faults(1);

  /** For implementations. */
  protected StepWriteThroughContract() {}

  @BeforeEach
  final void closeTheOther() {
    persistence().close(SOON);
  }

  private PersistenceConfig.Builder writingThrough() {
    return config()
        .flush(FlushConfig.builder().maxAge(LATE).build())
        .router(DataRouter.standard().withPolicy(DataType.AGENT_STATE, WritePolicy.WRITE_THROUGH));
  }

  @Test
  void whilePostgreSqlIsAwayLogsAndStepsSayWhatTheyHave() {
    Persistence impatient =
        open(
            writingThrough()
                .postgres(
                    config().build().postgres().toBuilder().statementTimeout(PATIENCE).build())
                .build(),
            faults);
    Log<String> log = impatient.log(agent(), "turns", String.class);
    log.append("before");
    faults.sqlOutage(true);
    assertOutcomeUnknown(() -> log.append("two"));
    assertThat(assertOutcomeUnknown(() -> log.appendAll(List.of("three", "four", "five"))))
        .hasMessageContaining("all 3 entries are appended");
    Step step = impatient.step().save(StateType.of("cursor", String.class), key("k"), "6");
    LongSupplier version = log.append(step, "six");
    assertThat(assertOutcomeUnknown(step::commit)).hasMessageContaining("KV has it");
    assertThat(version.getAsLong()).isEqualTo(6);
    faults.sqlOutage(false);
    assertThat(log.version()).isEqualTo(6);
    assertThat(impatient.states(StateType.of("cursor", String.class)).find(key("k"))).isPresent();
  }

  @Test
  void aStepWaitsOnceForAllItsEntries() {
    Persistence runtime = open(writingThrough().build(), faults);
    StateType<Integer> type = StateType.of("cursor", Integer.class);
    Step step = runtime.step();
    for (int i = 0; i < 100; i++) {
      step.save(type, key("k" + i), i);
    }
    long before = faults.on(Call.SQL_READ).count();
    Step.Committed unused = step.commit();
    assertThat(faults.on(Call.SQL_READ).count() - before).isLessThan(50);
    StoredState last = stores().sql().states().find(key("k99").withType(type.name())).orElseThrow();
    assertThat(new String(last.value(), UTF_8)).isEqualTo("99");
  }

  private static PersistenceException assertOutcomeUnknown(ThrowingCallable write) {
    PersistenceException failure = catchThrowableOfType(PersistenceException.class, write);
    assertThat(failure.error()).isEqualTo(DataError.OUTCOME_UNKNOWN);
    assertThat(failure.isTransient()).isTrue();
    return failure;
  }
}
