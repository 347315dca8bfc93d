package io.mistersmith.persistence.core.internal.state.consistency;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.util.Optional;

/**
 * The states of one key in both stores. The position had passed the entry in KV before the row was
 * read.
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

  Revision.OfJournal hotRevision() {
    return hot.metadata()
        .hydrated()
        .orElseGet(() -> new Revision.OfJournal(position.epochOf(hot.sequence()), hot.sequence()));
  }

  Optional<Revision.OfJournal> rowRevision() {
    return row.map(StoredState::revision);
  }
}
