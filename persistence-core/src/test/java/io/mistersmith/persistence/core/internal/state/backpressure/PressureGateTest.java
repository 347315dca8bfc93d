package io.mistersmith.persistence.core.internal.state.backpressure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.Backlog;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The gate closes over its limits and opens well below them. */
class PressureGateTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final StateKey KEY = StateKey.of(AgentId.external("agent"), "k");

  private final PressureGate gate =
      new PressureGate(
          "B",
          BackpressureConfig.fail().toBuilder()
              .maxEntries(100)
              .maxBytes(1_000)
              .maxAge(Duration.ofSeconds(10))
              .build(),
          Commits.NONE);

  @Test
  void doesNotFlapAroundTheLimit() {
    assertThat(gate.decide(entries(100))).isEmpty();
    assertThat(gate.decide(entries(101)).orElseThrow().closed()).isTrue();
    assertThat(gate.decide(entries(99))).as("still closed").isEmpty();
    assertThat(gate.decide(entries(81))).as("still closed").isEmpty();
    assertThat(gate.decide(entries(80)).orElseThrow().closed()).isFalse();
    assertThat(gate.decide(entries(99))).as("still open").isEmpty();
  }

  @Test
  void everyFigureHasToShrink() {
    assertThat(gate.decide(new Backlog(1, 1_001, Duration.ZERO)).orElseThrow().reason())
        .contains("1001 bytes", "1000");
    assertThat(gate.decide(new Backlog(90, 1, Duration.ZERO))).isEmpty();
    assertThat(gate.decide(new Backlog(1, 1, Duration.ofSeconds(9)))).isEmpty();
    assertThat(gate.decide(new Backlog(1, 1, Duration.ofSeconds(8)))).isPresent();
  }

  @Test
  void theReasonIsTheFirstOneUntilItOpens() {
    gate.decide(entries(101));
    assertThat(gate.decide(new Backlog(150, 2_000, Duration.ZERO))).isEmpty();
    assertThatThrownBy(() -> gate.enter(KEY)).hasMessageContaining("101 entries");
    gate.decide(entries(0));
    assertThat(gate.enter(KEY)).isFalse();
    gate.decide(new Backlog(1, 2_000, Duration.ZERO));
    assertThatThrownBy(() -> gate.enter(KEY)).hasMessageContaining("2000 bytes");
  }

  /** A writer that would wait for ten minutes. */
  private static FutureTask<Boolean> blockedAt(PressureGate closed) {
    FutureTask<Boolean> writing = new FutureTask<>(() -> closed.enter(KEY));
    Thread writer = new Thread(writing, "writer");
    writer.setDaemon(true);
    writer.start();
    await().atMost(SOON).until(() -> writer.getState() == Thread.State.TIMED_WAITING);
    return writing;
  }

  private static PressureGate blocking() {
    PressureGate blocking =
        new PressureGate(
            "B",
            BackpressureConfig.block(Duration.ofMinutes(10)).toBuilder()
                .maxEntries(100)
                .maxBytes(1_000)
                .maxAge(Duration.ofSeconds(10))
                .build(),
            Commits.NONE);
    blocking.decide(entries(101));
    return blocking;
  }

  @Test
  void whoIsBlockedIsWokenWhenItOpens() throws Exception {
    PressureGate blocking = blocking();
    FutureTask<Boolean> writing = blockedAt(blocking);
    blocking.decide(entries(90));
    assertThat(writing).isNotDone();
    blocking.decide(entries(80));
    assertThat(writing.get(SOON.toSeconds(), TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void whoIsBlockedIsWokenWhenItEndsAndFailsAsClosed() {
    PressureGate blocking = blocking();
    FutureTask<Boolean> writing = blockedAt(blocking);
    blocking.end();
    assertThatThrownBy(() -> writing.get(SOON.toSeconds(), TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            NonTransientPersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.CLOSED));
  }

  private static Backlog entries(long count) {
    return new Backlog(count, 0, Duration.ZERO);
  }
}
