package io.mistersmith.persistence.core.internal.conflict;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.repository.Expected;
import java.time.Instant;
import java.util.Optional;

/**
 * A write that is to be made.
 *
 * @param key the entry's key
 * @param value the value; nothing to delete the entry
 * @param expected what the entry must be
 * @param seen which writes its author had seen
 * @param expiresAt when the entry ends
 * @param <T> the type of the values
 */
public record Write<T>(
    StateKey key,
    Optional<T> value,
    Expected expected,
    VectorClock seen,
    Optional<Instant> expiresAt) {

  /** A delete. */
  public static <T> Write<T> delete(StateKey key, Expected expected) {
    return new Write<>(key, Optional.empty(), expected, VectorClock.empty(), Optional.empty());
  }
}
