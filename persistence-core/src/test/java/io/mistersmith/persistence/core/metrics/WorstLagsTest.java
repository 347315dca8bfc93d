package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.event.PersistenceEvent.Flushed;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The agents whose writes waited longest, with a clock that the test moves. */
class WorstLagsTest {

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final AgentLagGauges gauges = new AgentLagGauges(registry, 20);

  @Test
  void twentyAreShownAndOneThatLeavesLosesItsGauge() {
    IntStream.rangeClosed(1, 100).forEach(i -> flushed("agent-" + i, i));
    gauges.show();
    assertThat(registry.getMeters()).hasSize(20);
    assertThat(lag("agent-100")).isEqualTo(0.1);
    assertThat(registry.find("persistence.agent.lag").tag("agent", name("agent-80")).meter())
        .isNull();

    flushed("agent-1", 1_000);
    gauges.show();
    assertThat(registry.getMeters()).hasSize(20);
    assertThat(lag("agent-1")).isEqualTo(1);
    assertThat(registry.find("persistence.agent.lag").tag("agent", name("agent-81")).meter())
        .isNull();
  }

  @Test
  void whatIsOlderThanAMinuteIsForgotten() {
    flushed("early", 500);
    clock.add(Duration.ofSeconds(40));
    flushed("late", 5);
    gauges.show();
    assertThat(registry.getMeters()).hasSize(2);
    clock.add(Duration.ofSeconds(30));
    gauges.show();
    assertThat(registry.getMeters()).hasSize(1);
    assertThat(lag("late")).isEqualTo(0.005);
    gauges.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  /** Slices keep 20 agents each; nobody of the worst may be lost by that. */
  @Test
  void theWorstAreExact() {
    WorstLags lags = new WorstLags(20, clock::monotonicTime);
    Random random = new Random(7);
    Map<AgentId, Long> all = new HashMap<>();
    for (int slice = 0; slice < 6; slice++) {
      for (int i = 0; i < 2_000; i++) {
        AgentId agent = AgentId.external("agent-" + random.nextInt(500));
        long lag = random.nextInt(1_000_000);
        all.merge(agent, lag, Math::max);
        lags.note(Map.of(agent, lag));
      }
      clock.add(Duration.ofSeconds(slice < 5 ? 10 : 0));
    }
    List<Long> expected =
        all.values().stream().sorted(Comparator.reverseOrder()).limit(20).toList();
    assertThat(lags.worst().values()).containsExactlyElementsOf(expected);
    assertThat(lags.worst()).allSatisfy((agent, lag) -> assertThat(all).containsEntry(agent, lag));
  }

  private void flushed(String agent, long millis) {
    gauges.flushed(
        new Flushed(
            "AGENT_STATE",
            new Revision.OfJournal(1, 1),
            1,
            0,
            Duration.ZERO,
            new long[] {TimeUnit.MILLISECONDS.toNanos(millis)},
            List.of(Optional.of(AgentId.external(agent)))));
  }

  private static String name(String agent) {
    return AgentId.external(agent).toString();
  }

  private double lag(String agent) {
    TimeGauge gauge = registry.get("persistence.agent.lag").tag("agent", name(agent)).timeGauge();
    return gauge.value(TimeUnit.SECONDS);
  }
}
