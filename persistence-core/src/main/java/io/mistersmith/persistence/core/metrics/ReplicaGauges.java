package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import java.util.ArrayList;
import java.util.List;

/** Gauges of the replicas, as of their last probes. */
final class ReplicaGauges implements Gauges {

  private final List<GaugeSet<ReplicaStats>> sets = new ArrayList<>();

  ReplicaGauges(MeterRegistry registry, Pools pools) {
    for (ReplicaStats replica : pools.replicas()) {
      of(registry, pools, replica.name());
    }
  }

  private void of(MeterRegistry registry, Pools pools, String name) {
    GaugeSet<ReplicaStats> set =
        new GaugeSet<>(
            registry,
            () ->
                pools.replicas().stream()
                    .filter(replica -> replica.name().equals(name))
                    .findFirst()
                    .orElse(null));
    Tags tags = Tags.of("replica", name);
    for (ReplicaState state : ReplicaState.values()) {
      set.value(
          "persistence.replica.state",
          tags.and("state", state.name()),
          "1 for the state that the replica is in",
          replica -> replica.state() == state ? 1 : 0);
    }
    set.optionalTime(
        "persistence.replica.lag",
        tags,
        "how far the replica is behind the primary at most",
        ReplicaStats::lag);
    set.count(
        "persistence.replica.reads", tags, "reads that the replica answered", ReplicaStats::reads);
    set.count(
        "persistence.replica.passed.on",
        tags,
        "reads meant for the replica that went to the primary",
        ReplicaStats::passedOn);
    sets.add(set);
  }

  @Override
  public void close() {
    sets.forEach(GaugeSet::close);
  }
}
