package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.cache.Cacheable;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.spi.Provenance;
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
 */
@SuppressWarnings("ArrayRecordComponent") // entries are carried, never compared
public record Entry(
    StateKey key,
    byte[] json,
    Revision revision,
    Instant writtenAt,
    StorageLayer layer,
    Optional<Instant> expiresAt,
    Optional<Instant> ownEnd,
    Optional<Provenance> provenance,
    boolean isSettled)
    implements Cacheable {

  @Override
  public int bytes() {
    return json.length;
  }
}
