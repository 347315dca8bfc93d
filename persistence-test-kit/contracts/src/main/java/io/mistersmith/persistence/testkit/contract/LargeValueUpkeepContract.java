package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LargeValueStore;
import io.mistersmith.persistence.state.LargeValues;
import io.mistersmith.persistence.state.LargeValues.Description;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.Gate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What {@link LargeValues} promises: content stays while something names it, and goes then. */
public abstract class LargeValueUpkeepContract extends LargeValueTests {

  private static final Duration GRACE = Duration.ofMillis(300);
  private static final Duration SWEEP = Duration.ofMillis(50);

  /** For implementations. */
  protected LargeValueUpkeepContract() {}

  @Test
  void contentThatNothingNamesIsRemovedAndNoOther() throws Exception {
    byte[] kept = bytes(CHUNK + 1, 1);
    Description replaced = write(key("a"), bytes(CHUNK + 1, 2)).value();
    Description deleted = write(key("b"), bytes(10, 3)).value();
    Description ended = write(key("e"), bytes(10, 4)).value();
    write(key("a"), kept);
    descriptions().delete(key("b"));
    descriptions().save(key("e"), ended, NO_OPTION.withTimeToLive(Duration.ofMillis(1)));
    elapse(Duration.ofMillis(20));
    Description inCheckpoint = write(key("c"), bytes(CHUNK + 2, 5)).value();
    Checkpoint checkpoint =
        persistence().checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));
    descriptions().delete(key("c"));
    persistence().lifecycle().flush(agent(), SOON);

    Persistence sweeping = sweeping();
    for (Description gone : List.of(replaced, deleted, ended)) {
      awaitRemoved(gone);
    }
    assertThat(isStored(inCheckpoint)).isTrue();
    assertHolds(sweeping, key("a"), kept);

    sweeping.checkpoints().restore(checkpoint.id(), SOON);
    assertHolds(sweeping, key("c"), bytes(CHUNK + 2, 5));
    assertHolds(sweeping, key("a"), kept);
  }

  @Test
  void contentStaysForItsGrace() throws Exception {
    Description description = write(key("a"), bytes(10, 1)).value();
    descriptions().delete(key("a"));
    flush(key("a"));
    LargeValueStore store = stores().sql().largeValues();
    Instant now = config().build().clock().instant();
    Instant before = now.minus(Duration.ofHours(1));
    Instant after = now.plus(Duration.ofHours(1));
    assertThat(store.noteUnnamed(before, Duration.ZERO)).as("written since").isZero();
    assertThat(store.noteUnnamed(after, Duration.ofHours(1))).isEqualTo(1);
    assertThat(store.noteUnnamed(after, Duration.ofHours(1))).as("looked at just now").isZero();
    for (int i = 0; i < 3; i++) {
      assertThat(store.removeUnnamed(Duration.ofHours(1))).as("noted just now").isZero();
      elapse(Duration.ofMillis(5));
    }
    assertThat(isStored(description)).isTrue();
    assertThat(store.removeUnnamed(Duration.ofMillis(1))).isEqualTo(1);
    assertThat(isStored(description)).isFalse();
  }

  @Test
  void aForkSharesTheContentAndKeepsItAliveAlone() throws Exception {
    byte[] bytes = bytes(CHUNK + 1, 1);
    Description description = write(key("a"), bytes).value();
    Checkpoint checkpoint =
        persistence().checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));
    AgentId fork = persistence().agents().save(Agent.of("contract", "fork")).value().id();
    persistence().checkpoints().fork(checkpoint.id(), fork, ForkOptions.toEmpty(SOON));
    StateKey other = StateKey.of(fork, "b");
    Description orphan = write(other, bytes).value();
    descriptions().delete(other);
    flush(other);
    persistence().agents().delete(agent());

    Persistence sweeping = sweeping();
    awaitRemoved(orphan);
    assertThat(isStored(description)).isTrue();
    assertHolds(sweeping, StateKey.of(fork, "a"), bytes);
  }

  @Test
  void contentThatAnEntryNamesStaysWhileTheFlushIsHeld() throws Exception {
    byte[] bytes = bytes(10, 1);
    Description description = write(key("a"), bytes).value();
    Checkpoint checkpoint =
        persistence().checkpoints().create(agent(), CheckpointOptions.full().withDeadline(SOON));
    descriptions().delete(key("a"));
    persistence().lifecycle().flush(agent(), SOON);
    persistence().close(SOON);
    Faults faults = new Faults(1);
    Persistence sweeping = open(impatient(), faults);
    StateRepository<Description> descriptions = sweeping.largeValues().descriptions();
    elapse(GRACE.multipliedBy(2));
    states(sweeping).save(key("later"), 1);
    states(sweeping).flush(key("later"), SOON);

    try (Gate gate = faults.on(Call.APPLY).pauseBefore()) {
      descriptions.save(key("b"), description, NO_OPTION);
      assertThat(gate.awaitArrival(SOON)).isTrue();
      assertThat(sweeping.checkpoints().delete(checkpoint.id())).isTrue();
      for (int i = 0; i < 6; i++) {
        elapse(GRACE);
        awaitSweep(faults);
      }
      assertThat(isStored(description)).isTrue();
    }
    descriptions.flush(key("b"), SOON);
    assertHolds(sweeping, key("b"), bytes);
    assertThat(sweeping.operations().deadLetters().count()).isZero();
  }

  private void awaitSweep(Faults faults) {
    long before = faults.on(Call.SQL_WRITE).count();
    Awaitility.await()
        .atMost(SOON)
        .until(
            () -> {
              elapse(SWEEP);
              return faults.on(Call.SQL_WRITE).count() > before;
            });
  }

  /** Opens a runtime that evicts and removes early. */
  private Persistence sweeping() {
    persistence().close(SOON);
    return open(impatient());
  }

  private PersistenceConfig impatient() {
    // The lease outlasts a flush that is held.
    return config()
        .flush(
            FlushConfig.builder()
                .idleTimeToLive(GRACE)
                .sweepInterval(SWEEP)
                .leaseDuration(SOON.multipliedBy(4))
                .build())
        .build();
  }

  private boolean isStored(Description description) {
    return !stores().sql().largeValues().chunks(description.content(), 0, 1).isEmpty();
  }

  private void awaitRemoved(Description description) {
    Awaitility.await()
        .atMost(SOON.multipliedBy(2))
        .until(
            () -> {
              elapse(SWEEP);
              return !isStored(description);
            });
  }
}
