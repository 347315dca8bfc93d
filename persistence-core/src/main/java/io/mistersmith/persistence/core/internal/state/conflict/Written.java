package io.mistersmith.persistence.core.internal.state.conflict;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.VectorClock;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of a key after a save.
 *
 * @param value the value; nothing after a delete
 * @param revision its revision
 * @param writtenAt when it was written
 * @param expiresAt when it ends
 * @param clock which writes it has seen
 * @param <T> the type of the values
 */
public record Written<T>(
    Optional<T> value,
    Revision.OfJournal revision,
    Instant writtenAt,
    Optional<Instant> expiresAt,
    VectorClock clock) {}
