package io.mistersmith.persistence.spi.hot;

import io.mistersmith.persistence.model.HybridTimestamp;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.VectorClock;
import io.mistersmith.persistence.security.Actor;
import java.time.Instant;
import java.util.Optional;

/**
 * The headers of an entry.
 *
 * @param copyOf what the message is a copy of: the write of an entry that was brought back from the
 *     durable store, or the version of a row that was published; empty for a write. A copy must not
 *     be flushed back
 * @param expiresAt when the entry ends, with millisecond precision
 * @param writeId identifies a conditional write, so that its author recognises it when the
 *     acknowledgement was lost
 * @param provenance where the version comes from, of writes whose conflicts are resolved
 * @param step the place of the entry in its step, of an entry that was written together with
 *     others; the write id is then the step's
 * @param trace the trace of the writer, as W3C {@code traceparent} text; empty where it is not
 *     observed. It is no part of the entry's value, checksum or revision
 * @param actor who wrote it, as far as the writer said; empty for a copy
 */
public record EntryMetadata(
    Optional<Revision> copyOf,
    Optional<Instant> expiresAt,
    Optional<String> writeId,
    Optional<Provenance> provenance,
    Optional<StepPlace> step,
    Optional<String> trace,
    Optional<Actor> actor) {

  /** No metadata. */
  public static final EntryMetadata NONE =
      new EntryMetadata(Optional.empty(), Optional.empty(), Optional.empty());

  /** Metadata without a provenance. */
  public EntryMetadata(
      Optional<Revision> copyOf, Optional<Instant> expiresAt, Optional<String> writeId) {
    this(copyOf, expiresAt, writeId, Optional.empty());
  }

  /** Metadata of an entry that is written alone. */
  public EntryMetadata(
      Optional<Revision> copyOf,
      Optional<Instant> expiresAt,
      Optional<String> writeId,
      Optional<Provenance> provenance) {
    this(copyOf, expiresAt, writeId, provenance, Optional.empty());
  }

  /** Metadata of an entry whose writer is neither observed nor named. */
  public EntryMetadata(
      Optional<Revision> copyOf,
      Optional<Instant> expiresAt,
      Optional<String> writeId,
      Optional<Provenance> provenance,
      Optional<StepPlace> step) {
    this(copyOf, expiresAt, writeId, provenance, step, Optional.empty(), Optional.empty());
  }

  /** The metadata of a hydrated entry. */
  public static EntryMetadata hydrated(Revision.OfJournal revision, Optional<Instant> expiresAt) {
    return new EntryMetadata(Optional.of(revision), expiresAt, Optional.empty());
  }

  /** The metadata of a published row. */
  public static EntryMetadata published(Revision.OfRow version) {
    return new EntryMetadata(Optional.of(version), Optional.empty(), Optional.empty());
  }

  /** Returns the logical revision of a hydrated entry; empty for a write and a published row. */
  public Optional<Revision.OfJournal> hydrated() {
    return copyOf.isPresent() && copyOf.get() instanceof Revision.OfJournal revision
        ? Optional.of(revision)
        : Optional.empty();
  }

  /** Returns the version of a published row; empty for all else. */
  public Optional<Revision.OfRow> published() {
    return copyOf.isPresent() && copyOf.get() instanceof Revision.OfRow version
        ? Optional.of(version)
        : Optional.empty();
  }

  /** This metadata with a provenance. */
  public EntryMetadata withProvenance(Optional<Provenance> newProvenance) {
    return new EntryMetadata(copyOf, expiresAt, writeId, newProvenance, step, trace, actor);
  }

  /** This metadata of an entry with this place in the step {@code id}. */
  public EntryMetadata inStep(String id, StepPlace place) {
    return new EntryMetadata(
        copyOf, expiresAt, Optional.of(id), provenance, Optional.of(place), trace, actor);
  }

  /** This metadata with the trace of the writer. */
  public EntryMetadata withTrace(Optional<String> newTrace) {
    return newTrace.isEmpty() && trace.isEmpty()
        ? this
        : new EntryMetadata(copyOf, expiresAt, writeId, provenance, step, newTrace, actor);
  }

  /**
   * This metadata with the actor of a write, if there is one; unchanged for a copy, which is no
   * write.
   */
  public EntryMetadata by(Optional<Actor> newActor) {
    return copyOf.isPresent() || newActor.isEmpty()
        ? this
        : new EntryMetadata(copyOf, expiresAt, writeId, provenance, step, trace, newActor);
  }

  /**
   * The place of an entry in a step: entries that were written together have consecutive sequences,
   * in the order of their indexes.
   *
   * @param index its index, from 1
   * @param count how many entries the step has
   */
  public record StepPlace(int index, int count) {

    /** Checks that the index is one of the step's. */
    public StepPlace {
      if (index < 1 || index > count) {
        throw new IllegalArgumentException("entry " + index + " of a step of " + count);
      }
    }

    /** Returns the sequence of the step's first entry, given this one's. */
    public long firstSequence(long sequence) {
      return sequence - index + 1;
    }

    /** Returns the sequence of the step's last entry, given this one's. */
    public long lastSequence(long sequence) {
      return sequence - index + count;
    }
  }

  /**
   * The origin of a version. It travels with the entry through both stores, so that a later reader
   * of another version can tell which one is newer.
   *
   * @param timestamp when it was written, and by which node
   * @param clock which writes it has seen, its own included
   */
  public record Provenance(HybridTimestamp timestamp, VectorClock clock) {

    /** Metadata of a version that has seen no other. */
    public static Provenance of(HybridTimestamp timestamp) {
      return new Provenance(timestamp, VectorClock.empty().tick(timestamp));
    }
  }
}
