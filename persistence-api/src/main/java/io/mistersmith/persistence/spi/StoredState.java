package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Optional;

/**
 * An entry as the durable store has it.
 *
 * @param key the key
 * @param value the value as JSON, byte for byte as it was written; of a row that was written or
 *     changed by others, as the store formats it; empty for a tombstone
 * @param revision the logical revision of the write
 * @param writtenAt when that write was made, by the hot store's clock
 * @param expiresAt when the entry ends
 * @param deleted whether this is a tombstone
 * @param provenance where the version comes from, of writes whose conflicts are resolved
 */
@SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
public record StoredState(
    StateKey key,
    byte[] value,
    Revision revision,
    Instant writtenAt,
    Optional<Instant> expiresAt,
    boolean deleted,
    Optional<Provenance> provenance) {

  /** A row without a provenance. */
  public StoredState(
      StateKey key,
      byte[] value,
      Revision revision,
      Instant writtenAt,
      Optional<Instant> expiresAt,
      boolean deleted) {
    this(key, value, revision, writtenAt, expiresAt, deleted, Optional.empty());
  }
}
