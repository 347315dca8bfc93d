package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Decides by the revisions what an entry in KV and its row in PostgreSQL are to each other, once
 * the flush has passed the entry. The flush asks it about hydrated copies, a read about aged
 * entries, and the consistency check about all. Thread-safe.
 *
 * <p>A row is never replaced by an older one. So a row that is older than its entry, or older than
 * a copy that was made of it, shows that PostgreSQL itself went back, for instance to a replica
 * that lagged. Then KV has the only copy that is left, which must never be evicted.
 */
public final class RowJudge {

  /** The relation of an entry to its row. */
  public enum Verdict {
    /** The row is of the same write. */
    SAME,
    /** The row is of a later write, so the entry is outdated. */
    OUTDATED,
    /** The row is of an earlier write, so PostgreSQL went back. */
    ROW_BEHIND,
    /** There is no row; {@link RowJudge#wasRemoved} tells why. */
    ROW_MISSING,
    /** There is no row, and a marker or an expired entry needs none. */
    ROW_NOT_NEEDED
  }

  private final String bucket;
  private final JournalStore journals;
  private final Duration tombstoneRetention;
  private final Clock clock;

  /** Judges entries of {@code bucket}, whose tombstones are kept for {@code tombstoneRetention}. */
  public RowJudge(String bucket, JournalStore journals, Duration tombstoneRetention, Clock clock) {
    this.bucket = bucket;
    this.journals = journals;
    this.tombstoneRetention = tombstoneRetention;
    this.clock = clock;
  }

  /** Compares an entry of this revision with its row, if it has one. */
  public static Verdict compare(
      Revision.OfJournal revision,
      Operation operation,
      EntryMetadata metadata,
      @Nullable StoredState row,
      Instant now) {
    if (row == null) {
      boolean isOver =
          operation == Operation.DELETE
              || metadata.expiresAt().filter(end -> !end.isAfter(now)).isPresent();
      return isOver ? Verdict.ROW_NOT_NEEDED : Verdict.ROW_MISSING;
    }
    int order = revision.compareTo(row.revision());
    if (order == 0) {
      return Verdict.SAME;
    }
    return order < 0 ? Verdict.OUTDATED : Verdict.ROW_BEHIND;
  }

  /**
   * {@link #compare(Revision.OfJournal, Operation, EntryMetadata, StoredState, Instant)} as of now.
   */
  public Verdict compare(
      Revision.OfJournal revision,
      Operation operation,
      EntryMetadata metadata,
      @Nullable StoredState row) {
    return compare(revision, operation, metadata, row, clock.instant());
  }

  /**
   * Whether the row of an entry that has none was there and was removed: with its agent, or as an
   * old tombstone. False when PostgreSQL may have lost it by going back.
   *
   * <p>The flush brought a write to this very database, so its row can only have been removed. A
   * hydrated copy proves no such thing: its write may be gone from KV and be missing in the state
   * that PostgreSQL was put back to. It was removed only if this database had the write before the
   * copy was made, which it had of every entry that was evicted for being idle.
   *
   * @param revision the entry's revision
   * @param time when its message was stored
   */
  public boolean wasRemoved(Revision.OfJournal revision, EntryMetadata metadata, Instant time) {
    return metadata.hydrated().isEmpty()
        || time.isBefore(clock.instant().minus(tombstoneRetention))
        || journals.wasApplied(bucket, revision, time);
  }
}
