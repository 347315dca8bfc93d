package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes an entry of KV again as a new write, so that the journal brings it to PostgreSQL. Never
 * replaces a newer entry: the write expects the message that was looked at. Thread-safe.
 */
public final class Rewriter {

  private final HotWrites writes;
  private final Revisions revisions;

  /** Writes by {@code writes}. */
  public Rewriter(HotWrites writes, Revisions revisions) {
    this.writes = writes;
    this.revisions = revisions;
  }

  /**
   * Writes the entry again and returns the new revision.
   *
   * @param metadata the entry's metadata; its end and its provenance are kept
   * @param sequence the entry's message
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when the key has a later message
   */
  public Revision.OfJournal writeAgain(
      StateKey key, Operation operation, byte[] value, EntryMetadata metadata, long sequence) {
    EntryMetadata again =
        new EntryMetadata(
            Optional.empty(),
            metadata.expiresAt(),
            Optional.of("again-" + UUID.randomUUID()),
            metadata.provenance());
    long mark = revisions.mark();
    return revisions.acknowledged(mark, writes.publish(key, operation, value, again, sequence));
  }
}
