package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.event.PersistenceEvent.Flushed;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.Map;

/**
 * A gauge for each of the agents whose writes waited longest in the last minute. An agent that is
 * no longer among them loses its gauge, so that a registry holds at most so many at a time.
 */
final class AgentLagGauges implements Gauges {

  private final MeterRegistry registry;
  private final WorstLags lags;
  private final KeyedGauges<AgentId> gauges = new KeyedGauges<>(this::gauge);
  private volatile Map<AgentId, Long> worst = Map.of();

  AgentLagGauges(MeterRegistry registry, int most) {
    this.registry = registry;
    this.lags = new WorstLags(most, () -> registry.config().clock().monotonicTime());
  }

  void flushed(Flushed batch) {
    lags.note(batch.longestLags());
  }

  /** Shows who is among the worst now. */
  void show() {
    worst = lags.worst();
    gauges.show(worst.keySet());
  }

  private Gauges gauge(AgentId agent) {
    GaugeSet<Long> set = new GaugeSet<>(registry, () -> worst.get(agent));
    set.time(
        "persistence.agent.lag",
        Tags.of("agent", agent.toString()),
        "longest lag of an agent's writes in the last minute, of the 20 worst agents",
        Duration::ofNanos);
    return set;
  }

  @Override
  public void close() {
    gauges.close();
  }
}
