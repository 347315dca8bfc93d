package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;

/**
 * What the durable store has at a key, without the value.
 *
 * @param key the key
 * @param revision the logical revision of the last write
 * @param expiresAt when the entry ends
 * @param deleted whether this is a tombstone
 */
public record StoredKey(
    StateKey key, Revision revision, Optional<Instant> expiresAt, boolean deleted) {}
