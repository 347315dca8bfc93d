package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.model.Revision;
import java.time.Instant;
import java.util.Optional;

/**
 * What travels with an entry beside its value, as headers.
 *
 * @param hydrated the entry's logical revision, when it was brought from the durable store and is
 *     no write; it must not be flushed back
 * @param expiresAt when the entry ends, with millisecond precision
 * @param writeId identifies a conditional write, so that its author recognises it when the
 *     acknowledgement was lost
 * @param provenance where the version comes from, of writes whose conflicts are resolved
 */
public record EntryMetadata(
    Optional<Revision> hydrated,
    Optional<Instant> expiresAt,
    Optional<String> writeId,
    Optional<Provenance> provenance) {

  /** No metadata. */
  public static final EntryMetadata NONE =
      new EntryMetadata(Optional.empty(), Optional.empty(), Optional.empty());

  /** Metadata without a provenance. */
  public EntryMetadata(
      Optional<Revision> hydrated, Optional<Instant> expiresAt, Optional<String> writeId) {
    this(hydrated, expiresAt, writeId, Optional.empty());
  }

  /** The metadata of a hydrated entry. */
  public static EntryMetadata hydrated(Revision revision, Optional<Instant> expiresAt) {
    return new EntryMetadata(Optional.of(revision), expiresAt, Optional.empty());
  }

  /** The metadata of an entry that is hydrated from this row. */
  public static EntryMetadata hydrated(StoredState row) {
    return new EntryMetadata(
        Optional.of(row.revision()), row.expiresAt(), Optional.empty(), row.provenance());
  }

  /** This metadata with a provenance. */
  public EntryMetadata withProvenance(Optional<Provenance> newProvenance) {
    return new EntryMetadata(hydrated, expiresAt, writeId, newProvenance);
  }
}
