package io.mistersmith.persistence.core.internal.state.large;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import java.util.UUID;

/** How contents are cut into chunks, and where the chunks are in the bucket. */
final class Chunks {

  /**
   * The largest chunk. Half of it took a tenth longer to write; with twice as much an entry behind
   * it waits longer for the flush.
   */
  static final int BYTES = 256 * 1024;

  /** How many chunks of one value are in memory: on their way in, or fetched ahead. */
  static final int WINDOW = 4;

  private Chunks() {}

  /** Spreads contents over all shards, and lets an agent share another one's. */
  static StateKey key(UUID content, int number) {
    return new StateKey(
        AgentId.external(content.toString()), StateKey.CHUNK, Integer.toString(number));
  }
}
