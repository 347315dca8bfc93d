package io.mistersmith.persistence.conflict;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import java.util.Optional;

/**
 * Two versions of one entry.
 *
 * @param key the entry's key
 * @param current what is stored
 * @param incoming what is to be saved
 * @param <T> the type of the values
 */
public record Conflict<T>(StateKey key, Candidate<T> current, Candidate<T> incoming) {

  /**
   * One of two versions that meet.
   *
   * @param value the value; nothing where the entry is deleted
   * @param revision the revision, which a version that is not stored yet has none of
   * @param timestamp when it was written, and by whom. A version that was stored without one has
   *     the time at which NATS stored it, and the node {@link #UNKNOWN_NODE}
   * @param clock which writes it has seen, its own included; that of a version which is not stored
   *     yet is under the name {@link #UNSTORED_NODE}
   * @param <T> the type of the values
   */
  public record Candidate<T>(
      Optional<T> value,
      Optional<Revision> revision,
      HybridTimestamp timestamp,
      VectorClock clock) {

    /** The node of versions that were written without a timestamp, as unconditional writes are. */
    public static final String UNKNOWN_NODE = "-";

    /**
     * The node under which a version that is not stored yet has seen itself. Under its writer's own
     * name it would claim to have seen all that this one wrote before, which another thread of the
     * process may have done meanwhile (Preguiça and others: Dotted Version Vectors, 2012).
     */
    public static final String UNSTORED_NODE = "+";

    /** The node that wrote it. */
    public String origin() {
      return timestamp.node();
    }

    /** Whether it was written later than {@code other}, by the hybrid clocks of both writers. */
    public boolean isAfter(Candidate<?> other) {
      return timestamp.isAfter(other.timestamp);
    }
  }
}
