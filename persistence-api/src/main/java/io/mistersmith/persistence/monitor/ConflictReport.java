package io.mistersmith.persistence.monitor;

import io.mistersmith.persistence.conflict.ConflictStrategy;
import io.mistersmith.persistence.model.StateKey;

/**
 * A save that met another version of its entry.
 *
 * @param key the entry's key
 * @param strategy how it was decided
 * @param outcome what became of it
 * @param lost how often another writer was faster, so that the save had to look again
 */
public record ConflictReport(StateKey key, ConflictStrategy strategy, Outcome outcome, int lost) {

  /** What became of a conflict. */
  public enum Outcome {
    /** What was stored stayed. */
    KEPT_CURRENT,
    /** What was to be saved replaced it. */
    TOOK_INCOMING,
    /** Another value replaced both. */
    MERGED,
    /** Nothing was stored, and the save failed. */
    REJECTED
  }
}
