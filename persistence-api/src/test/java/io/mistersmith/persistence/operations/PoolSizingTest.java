package io.mistersmith.persistence.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Little's law, the agents' factor and the bounds. */
class PoolSizingTest {

  @ParameterizedTest
  @CsvSource({
    // 4 busy / 0.8 = 5, factor 1.0
    "5, 400, 10, 1, 5",
    // 8 / 0.8 * 0.8 = 8
    "6, 800, 10, 2, 8",
    "20, 800, 10, 2, 8",
    // 32 / 0.8 * 0.6 = 24
    "21, 3200, 10, 5, 24",
    // a quarter of the agents at least, two in any case
    "40, 1, 1, 2, 10",
    "41, 1, 1, 3, 11",
    "1, 0, 0, 1, 2",
    // twice the agents at most, 50 in any case
    "3, 5000, 10, 2, 6",
    "100, 100000, 10, 10, 50",
    // the upper bound holds where both contradict
    "1000, 1, 1, 10, 50",
  })
  void followsTheLoad(int agents, double calls, long millis, int min, int max) {
    PoolSizing.Advice advice = PoolSizing.of(agents, calls, Duration.ofMillis(millis)).advise();

    assertThat(advice.maxConnections()).isEqualTo(max);
    assertThat(advice.minConnections()).isEqualTo(min);
  }

  @Test
  void explainsItself() {
    assertThat(PoolSizing.of(10, 500, Duration.ofMillis(20)).advise().reason())
        .isEqualTo(
            "500.0 calls/s of 20.0 ms keep 10.00 connections busy; / 0.80 utilization * 0.8 for 10"
                + " agents = 10.00; within 3 to 20");
    assertThat(PoolSizing.of(100, 1, Duration.ofMillis(1)).advise().reason())
        .endsWith("; raised to 25, the least for 100 agents");
    assertThat(PoolSizing.of(3, 5_000, Duration.ofMillis(10)).advise().reason())
        .contains("; lowered to 6, the most for 3 agents: make the calls shorter");
  }

  @Test
  void leavesMoreRoomWhenAskedTo() {
    PoolSizing sizing = PoolSizing.of(5, 400, Duration.ofMillis(10));

    assertThat(sizing.withUtilization(0.5).advise().maxConnections()).isEqualTo(8);
    assertThat(sizing.withUtilization(1).advise().maxConnections()).isEqualTo(4);
  }

  @Test
  void refusesWhatIsNoLoad() {
    Duration second = Duration.ofSeconds(1);
    assertThatThrownBy(() -> PoolSizing.of(0, 1, second)).hasMessageContaining("agents is 0");
    assertThatThrownBy(() -> PoolSizing.of(1, -1, second)).hasMessageContaining("callsPerSecond");
    assertThatThrownBy(() -> PoolSizing.of(1, Double.NaN, second))
        .hasMessageContaining("callsPerSecond");
    assertThatThrownBy(() -> PoolSizing.of(1, 1, second.negated()))
        .hasMessageContaining("callDuration");
    assertThatThrownBy(() -> PoolSizing.of(1, 1, second).withUtilization(0))
        .hasMessageContaining("utilization is 0.0");
    assertThatThrownBy(() -> new PoolSizing.Bounds(3, 2)).hasMessageContaining("3 to 2");
  }
}
