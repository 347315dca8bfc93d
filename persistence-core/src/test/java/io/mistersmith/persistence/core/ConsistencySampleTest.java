package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.core.internal.state.consistency.EngineConsistency;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.operations.Consistency.ConsistencyReport;
import io.mistersmith.persistence.operations.Consistency.Inconsistency;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Kind;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks that run by themselves: of samples from time to time, and of what was committed late. */
class ConsistencySampleTest extends ChecksConsistency {

  ConsistencySampleTest() {
    super(ON_DEMAND);
  }

  @BeforeEach
  void saveAnother() {
    states.save(other, "other");
  }

  private static ConsistencyConfig every(Duration interval) {
    return ConsistencyConfig.builder().interval(interval).sampleSize(20).build();
  }

  private void commitLate(Object value) throws InterruptedException {
    try (Gate apply = faults.on(Call.APPLY).pauseBefore()) {
      states.save(key, value);
      assertThat(apply.awaitArrival(SOON)).isTrue();
      clock.advance(Duration.ofMillis(300));
    }
  }

  @Test
  void aSampleIsComparedByItself() {
    reopen(every(Duration.ofMillis(50)));
    saved(key, "v");
    stores.tamper(key, row -> Optional.empty());
    await().atMost(SOON).until(() -> row(key).isPresent());
    await() // told once the repair has ended
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(heard).extracting(Inconsistency::kind).contains(Kind.MISSING_IN_SQL));
  }

  @Test
  void whatIsCommittedTooLateIsLookedAt() throws Exception {
    reopen(every(HOUR));
    commitLate("v");
    await().atMost(SOON).until(() -> !reports.isEmpty());
    assertThat(reports.get(0).compared()).isPositive();
    assertThat(persistence.operations().consistency().stats().violations()).isPositive();
  }

  @Test
  void zeroIntervalMeansNever() throws Exception {
    reopen(every(Duration.ZERO));
    saved(key, "v");
    assertThat(((EngineConsistency) persistence.operations().consistency()).services().names())
        .anyMatch(name -> name.startsWith("persistence-flush"))
        .noneMatch(name -> name.startsWith("persistence-consistency"));
  }

  @Test
  void aRuntimeThatDoesNotFlushComparesNoSamples() {
    reopen(every(Duration.ofMillis(1)));
    saved(key, "v");
    List<ConsistencyReport> idle = new CopyOnWriteArrayList<>();
    PersistenceListener listener =
        PersistenceListener.of(
            PersistenceEvent.ConsistencyChecked.class,
            checked -> {
              idle.add(checked.report());
            });
    try (Persistence second = open(every(Duration.ofMillis(1)), listener)) {
      assertThat(second).isNotNull();
      int before = reports.size();
      await().atMost(SOON).until(() -> reports.size() >= before + 4);
    }
    assertThat(idle).isEmpty();
  }

  @Test
  void whatWasCommittedLateIsItselfComparedAndNotMoreThanOnceInAWhile() throws Exception {
    reopen(every(HOUR));
    for (int i = 0; i < 200; i++) {
      states.save(numbered(i), i);
    }
    saved(numbered(200), 200);
    try (Gate look = faults.on(Call.GET).pauseBefore()) {
      commitLate("v");
      assertThat(look.awaitArrival(SOON)).isTrue();
      stores.tamper(key, row -> Optional.empty());
    }
    await().atMost(SOON).until(() -> !reports.isEmpty());
    assertThat(reports.get(0).found()).containsEntry(Kind.MISSING_IN_SQL, 1L);
    commitLate("w");
    await().atMost(SOON).during(Duration.ofMillis(400)).until(() -> reports.size() == 1);
  }
}
