package io.mistersmith.persistence.lifecycle;

import java.util.List;
import java.util.UUID;

/**
 * What became of an agent's checkpoints.
 *
 * @param agent the agent
 * @param removed those that are gone, latest first
 * @param needed those that the rule would let go, but that stay because a later one needs them
 * @param kept how many are left, with the needed ones
 * @param freedBytes the size of what is gone
 */
public record Pruned(UUID agent, List<UUID> removed, List<UUID> needed, int kept, long freedBytes) {

  /** Keeps copies. */
  public Pruned {
    removed = List.copyOf(removed);
    needed = List.copyOf(needed);
  }
}
