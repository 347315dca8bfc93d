package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.Operation;
import java.util.Optional;
import java.util.UUID;

/**
 * Writes an entry of KV again as a new write, so that the journal brings it to PostgreSQL. Never
 * replaces a newer entry: the write expects the message that was looked at. Thread-safe.
 */
public final class Rewriter {

  private final HotBucket bucket;
  private final Revisions revisions;

  /** Writes to {@code bucket}. */
  public Rewriter(HotBucket bucket, Revisions revisions) {
    this.bucket = bucket;
    this.revisions = revisions;
  }

  /**
   * Writes the entry again and returns the new revision.
   *
   * @param metadata the entry's metadata, of which its end and its provenance are kept
   * @param sequence the entry's message
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when the key has a later message
   */
  public Revision writeAgain(
      StateKey key, Operation operation, byte[] value, EntryMetadata metadata, long sequence) {
    EntryMetadata again =
        new EntryMetadata(
            Optional.empty(),
            metadata.expiresAt(),
            Optional.of("again-" + UUID.randomUUID()),
            metadata.provenance());
    long mark = revisions.mark();
    return revisions.acknowledged(mark, bucket.publish(key, operation, value, again, sequence));
  }
}
