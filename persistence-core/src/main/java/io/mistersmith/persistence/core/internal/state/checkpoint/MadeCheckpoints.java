package io.mistersmith.persistence.core.internal.state.checkpoint;

import io.mistersmith.persistence.spi.sql.CheckpointStore;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.UUID;

/**
 * The latest checkpoints that this process has made. PostgreSQL alone has checkpoints, so nothing
 * else knows of those that it loses in a failover. Thread-safe.
 */
final class MadeCheckpoints {

  private static final int MOST = 10_000;

  private final Set<UUID> ids = new LinkedHashSet<>();

  synchronized void made(UUID checkpoint) {
    ids.add(checkpoint);
    if (ids.size() > MOST) {
      ids.remove(ids.iterator().next());
    }
  }

  synchronized void deleted(Collection<UUID> checkpoints) {
    ids.removeAll(checkpoints);
  }

  private synchronized Set<UUID> all() {
    return new LinkedHashSet<>(ids);
  }

  /** Returns those that the store has no longer, once. */
  Set<UUID> lost(CheckpointStore store) {
    Set<UUID> lost = all();
    lost.removeIf(id -> store.find(id).isPresent());
    deleted(lost);
    return lost;
  }
}
