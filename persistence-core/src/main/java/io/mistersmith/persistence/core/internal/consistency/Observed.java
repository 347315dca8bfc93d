package io.mistersmith.persistence.core.internal.consistency;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.StoredState;
import java.util.Optional;

/**
 * What both stores said of one key, the position having passed what KV said.
 *
 * @param hot the entry in KV
 * @param row the row in PostgreSQL
 * @param checksum the row's checksum
 * @param position the position, read before the row
 */
record Observed(
    HotEntry hot, Optional<StoredState> row, Optional<String> checksum, JournalPosition position) {

  boolean isHydrated() {
    return hot.metadata().hydrated().isPresent();
  }

  Revision hotRevision() {
    return hot.metadata()
        .hydrated()
        .orElseGet(() -> new Revision(position.epochOf(hot.sequence()), hot.sequence()));
  }

  Optional<Revision> rowRevision() {
    return row.map(StoredState::revision);
  }
}
