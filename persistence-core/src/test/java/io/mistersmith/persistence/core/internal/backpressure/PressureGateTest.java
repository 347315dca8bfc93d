package io.mistersmith.persistence.core.internal.backpressure;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.BackpressureConfig;
import io.mistersmith.persistence.core.internal.flush.Commits;
import io.mistersmith.persistence.monitor.Backlog;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The gate closes over its limits and opens well below them. */
class PressureGateTest {

  private final PressureGate gate =
      new PressureGate(
          "B",
          BackpressureConfig.fail().withLimits(100, 1_000, Duration.ofSeconds(10)),
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

  private static Backlog entries(long count) {
    return new Backlog(count, 0, Duration.ZERO);
  }
}
