package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.VectorClock;

/**
 * Where a version comes from. It travels with the entry through both stores, so that whoever meets
 * another version of it later can tell which is which.
 *
 * @param timestamp when it was written, and by which node
 * @param clock which writes it has seen, its own included
 */
public record Provenance(HybridTimestamp timestamp, VectorClock clock) {

  /** Of a version that has seen no other. */
  public static Provenance of(HybridTimestamp timestamp) {
    return new Provenance(timestamp, VectorClock.empty().tick(timestamp));
  }
}
