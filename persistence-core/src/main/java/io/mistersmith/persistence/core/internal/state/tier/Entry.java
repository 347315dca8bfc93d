package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.state.cache.Cacheable;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.time.Instant;
import java.util.Optional;

/**
 * A live entry, wherever it was found.
 *
 * @param key the key
 * @param json the value
 * @param revision its logical revision
 * @param writtenAt when it was written
 * @param layer the layer that answered
 * @param expiresAt when it ends, by its own time to live or by the bucket's maximum age
 * @param ownEnd when it ends by its own time to live
 * @param provenance where it comes from, if that is known
 * @param isSettled see {@link Cacheable#isSettled()}
 * @param isOfStep whether it was written together with others, and has not moved since
 * @param awaySince since when KV has not answered, where PostgreSQL answered in its place
 */
@SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
public record Entry(
    StateKey key,
    byte[] json,
    Revision.OfJournal revision,
    Instant writtenAt,
    StorageLayer layer,
    Optional<Instant> expiresAt,
    Optional<Instant> ownEnd,
    Optional<Provenance> provenance,
    boolean isSettled,
    boolean isOfStep,
    Optional<Instant> awaySince)
    implements Cacheable {

  @Override
  public int bytes() {
    return json.length;
  }

  /**
   * Returns a caller's revision of an entry, as its bucket's journal counts it.
   *
   * @throws NonTransientPersistenceException {@code VERSION_CONFLICT} when it is of another kind
   */
  public static Revision.OfJournal ownRevision(StateKey key, Revision revision) {
    if (revision instanceof Revision.OfJournal own) {
      return own;
    }
    throw new NonTransientPersistenceException(
        DataError.VERSION_CONFLICT,
        "key "
            + key
            + ": the revision "
            + revision
            + " counts a row of PostgreSQL, and no entry can have it; hand back one of this"
            + " entry's");
  }
}
