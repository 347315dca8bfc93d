package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.model.Revision;
import java.util.Optional;

/**
 * The entry of a key in a store.
 *
 * @param revision the revision; nothing where there is not even a tombstone
 * @param id the write whose value it is; nothing where the entry is deleted, expired or absent
 */
record Found(Optional<Revision> revision, Optional<String> id) {

  static final Found NOTHING = new Found(Optional.empty(), Optional.empty());
}
