package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.Placement;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The cluster and the tags of the servers that a stream is placed on. */
record StreamPlace(Optional<String> cluster, List<String> tags) {

  static StreamPlace of(@Nullable Placement placement) {
    return placement == null
        ? new StreamPlace(Optional.empty(), List.of())
        : new StreamPlace(
            Optional.ofNullable(placement.getCluster()),
            placement.getTags() == null ? List.of() : List.copyOf(placement.getTags()));
  }

  Placement placement() {
    return new Placement(cluster.orElse(null), tags);
  }
}
