package io.mistersmith.persistence.core.internal.state.conflict;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Instant;
import java.util.Optional;

/**
 * A write that is to be made.
 *
 * @param key the entry's key
 * @param value the value; nothing to delete the entry
 * @param expected what the entry must be
 * @param basis a version that its author had seen, and whose clock is in {@code seen}
 * @param seen which writes its author had seen
 * @param at when it was called for
 * @param expiresAt when the entry ends
 * @param <T> the type of the values
 */
public record Write<T>(
    StateKey key,
    Optional<T> value,
    Expected expected,
    Optional<Revision> basis,
    VectorClock seen,
    HybridTimestamp at,
    Optional<Instant> expiresAt) {}
