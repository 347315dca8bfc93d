package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.event.PersistenceEvent.Flushed;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * A gauge for each of the agents whose writes waited longest in the last minute. An agent that is
 * no longer among them loses its gauge, so that a registry holds at most so many at a time.
 */
final class AgentLagGauges implements Gauges {

  private final MeterRegistry registry;
  private final WorstLags lags;
  private final Map<AgentId, GaugeSet<Long>> gauges = new HashMap<>();
  private volatile Map<AgentId, Long> worst = Map.of();

  AgentLagGauges(MeterRegistry registry, int most) {
    this.registry = registry;
    this.lags = new WorstLags(most, () -> registry.config().clock().monotonicTime());
  }

  void flushed(Flushed batch) {
    lags.note(batch.longestLags());
  }

  /** Shows who is among the worst now. */
  synchronized void show() {
    Map<AgentId, Long> now = lags.worst();
    worst = now;
    gauges
        .entrySet()
        .removeIf(
            shown -> {
              boolean left = !now.containsKey(shown.getKey());
              if (left) {
                shown.getValue().close();
              }
              return left;
            });
    now.keySet().forEach(agent -> gauges.computeIfAbsent(agent, this::gauge));
  }

  private GaugeSet<Long> gauge(AgentId agent) {
    GaugeSet<Long> set = new GaugeSet<>(registry, () -> worst.get(agent));
    set.time(
        "persistence.agent.lag",
        Tags.of("agent", agent.toString()),
        "longest lag of an agent's writes in the last minute, of the worst agents alone",
        Duration::ofNanos);
    return set;
  }

  @Override
  public synchronized void close() {
    gauges.values().forEach(GaugeSet::close);
    gauges.clear();
  }
}
