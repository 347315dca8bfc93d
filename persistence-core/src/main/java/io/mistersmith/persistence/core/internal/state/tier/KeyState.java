package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of a key, as the leader knows it: a live entry, or the remains of a deleted or expired
 * one.
 *
 * @param live the entry, if it lives
 * @param revision the revision of the entry or of its remains
 * @param writtenAt when that was written
 * @param provenance where it comes from, if that is known
 * @param deleted whether it was deleted
 * @param place the physical sequence to write after
 */
public record KeyState(
    Optional<Entry> live,
    Revision.OfJournal revision,
    Instant writtenAt,
    Optional<Provenance> provenance,
    boolean deleted,
    long place) {

  /** Whether the entry of this revision was not deleted, and its time is over. */
  public boolean hasEnded(Revision expected) {
    return live.isEmpty() && !deleted && revision.equals(expected);
  }
}
