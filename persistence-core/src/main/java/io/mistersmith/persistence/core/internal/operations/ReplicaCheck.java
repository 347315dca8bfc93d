package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.operations.Health.Component;
import io.mistersmith.persistence.operations.Health.Status;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.ReplicaStats;
import java.util.List;
import java.util.Optional;

/** Whether replicas are read from. While they are not, the primary answers. */
final class ReplicaCheck implements ComponentCheck {

  private final Pools pools;

  ReplicaCheck(Pools pools) {
    this.pools = pools;
  }

  @Override
  public String name() {
    return "replicas";
  }

  @Override
  public List<Component> check() {
    return pools.replicas().stream().map(this::component).toList();
  }

  private Component component(ReplicaStats replica) {
    return new Component(
        name() + "/" + replica.name(),
        status(replica),
        Optional.empty(),
        reason(replica)
            + replica.lag().map(lag -> "; at most " + Answer.millis(lag) + " behind").orElse(""));
  }

  private static Status status(ReplicaStats replica) {
    return switch (replica.state()) {
      case FRESH, UNKNOWN -> Status.HEALTHY;
      case STALE, NOT_FOLLOWING, AWAY -> Status.DEGRADED;
    };
  }

  private static String reason(ReplicaStats replica) {
    return switch (replica.state()) {
      case FRESH -> "it is read from";
      case UNKNOWN -> "it was not probed yet";
      case STALE ->
          "it is further behind than maxReplicaLag, so the primary is read: look at its load and at"
              + " queries that hold up the replay";
      case NOT_FOLLOWING ->
          "it is no standby of the primary, so the primary is read: build it anew, or correct the"
              + " configuration";
      case AWAY -> "it does not answer, so the primary is read: start it, or take it out";
    };
  }
}
