package io.mistersmith.persistence.core.internal.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.event.MonitoringEvent.JobRan;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When jobs run, with the store's record of their runs and without. */
class JobTurnsTest {

  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualClock clock = ManualClock.create();
  private final ManualTicker ticker = new ManualTicker();
  private final InMemoryStores memory = new InMemoryStores(clock);
  private final Stores stores = memory.open(PersistenceConfig.inMemory().clock(clock).build());
  private final List<String> did = new ArrayList<>();
  private final List<Run> told = new ArrayList<>();
  private final UpkeepJob purge = job("purge", () -> Optional.of("3 removed"));

  @AfterEach
  void close() {
    stores.close();
  }

  private UpkeepJob job(String name, Supplier<Optional<String>> work) {
    return new StoreJob(
        name,
        "Is for tests.",
        HOUR,
        "nothing",
        () -> {
          did.add(name);
          return work.get();
        });
  }

  private UpkeepStore store(boolean kept) {
    if (kept) {
      memory.migrate("monitoring");
    }
    return stores.sql().upkeep();
  }

  private JobTurns turns(JobHistory history) {
    return new JobTurns(
        history,
        PersistenceListener.of(JobRan.class, event -> told.add(event.run())),
        clock,
        ticker);
  }

  private void pass(Duration time) {
    clock.advance(time);
    ticker.move(time);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aJobRunsOnceInItsPeriod(boolean kept) {
    JobHistory history = new JobHistory(store(kept), "one", ticker);
    JobTurns turns = turns(history);
    for (int i = 0; i < 7; i++) {
      turns.take(List.of(purge), () -> true);
      pass(Duration.ofMinutes(20));
    }
    assertThat(did).containsExactly("purge", "purge", "purge");
    assertThat(told).hasSize(3);
    assertThat(history.runs("purge", 2))
        .extracting(Run::runtime, Run::outcome, Run::detail)
        .containsExactly(
            tuple("one", Outcome.DONE, "3 removed"), tuple("one", Outcome.DONE, "3 removed"));
    assertThat(history.latest()).containsOnlyKeys("purge");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aJobThatFailsRunsAgainAtItsNextTurnAndOthersGoOn(boolean kept) {
    UpkeepJob failing =
        job(
            "failing",
            () -> {
              throw new IllegalStateException("of the test");
            });
    JobHistory history = new JobHistory(store(kept), "one", ticker);
    JobTurns turns = turns(history);
    turns.take(List.of(failing, purge), () -> true);
    pass(HOUR);
    turns.take(List.of(failing, purge), () -> true);

    assertThat(did).containsExactly("failing", "purge", "failing", "purge");
    assertThat(history.runs("failing", 9))
        .hasSize(2)
        .allSatisfy(
            run -> {
              assertThat(run.outcome()).isEqualTo(Outcome.FAILED);
              assertThat(run.detail()).contains("of the test");
            });
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anErrorIsRecordedAndThrownOn(boolean kept) {
    JobHistory history = new JobHistory(store(kept), "one", ticker);
    UpkeepJob broken =
        job(
            "broken",
            () -> {
              throw new AssertionError("of the test");
            });
    assertThatThrownBy(() -> turns(history).take(List.of(broken), () -> true))
        .isInstanceOf(AssertionError.class);
    assertThat(history.runs("broken", 9)).extracting(Run::outcome).containsExactly(Outcome.FAILED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whatAJobNeedsIsSaidWhereItIsSkipped(boolean kept) {
    JobHistory history = new JobHistory(store(kept), "one", ticker);
    turns(history).take(List.of(job("idle", Optional::empty)), () -> true);
    assertThat(history.runs("idle", 9))
        .extracting(Run::outcome, Run::detail)
        .containsExactly(tuple(Outcome.SKIPPED, "it needs nothing"));
  }

  @Test
  void anotherRuntimeDoesNotRunAJobAgainWithinItsPeriod() {
    UpkeepStore kept = store(true);
    JobTurns first = turns(new JobHistory(kept, "one", ticker));
    JobTurns second = turns(new JobHistory(kept, "two", ticker));
    first.take(List.of(purge), () -> true);
    pass(Duration.ofMinutes(20));
    second.take(List.of(purge), () -> true);
    assertThat(did).hasSize(1);

    pass(Duration.ofMinutes(20));
    first.forget();
    first.take(List.of(purge), () -> true);
    pass(Duration.ofMinutes(20));
    second.take(List.of(purge), () -> true);
    assertThat(told).extracting(Run::runtime).containsExactly("one", "two");
  }

  @Test
  void aRunOnDemandCountsAsATurn() {
    JobTurns turns = turns(new JobHistory(store(true), "one", ticker));
    turns.take(List.of(purge), () -> true);
    pass(Duration.ofMinutes(40));
    assertThat(turns.runNow(purge).outcome()).isEqualTo(Outcome.DONE);
    pass(Duration.ofMinutes(40));
    turns.take(List.of(purge), () -> true);
    assertThat(did).hasSize(2);
  }

  @Test
  void noFurtherJobBeginsWithoutTheLease() {
    JobTurns turns = turns(new JobHistory(store(true), "one", ticker));
    turns.take(List.of(purge, job("second", Optional::empty)), did::isEmpty);
    assertThat(did).containsExactly("purge");
  }
}
