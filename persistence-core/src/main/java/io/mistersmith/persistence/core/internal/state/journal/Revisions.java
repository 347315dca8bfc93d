package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.HotEntry;
import java.util.OptionalLong;

/** Translates between the sequences of a bucket's stream and logical revisions. Thread-safe. */
public interface Revisions {

  /** The revision of the message at this sequence, when it is a write and no hydration. */
  Revision.OfJournal of(long sequence);

  /** The revision of an entry: of the write at its sequence, or of the one it is a copy of. */
  default Revision.OfJournal of(HotEntry entry) {
    return entry.metadata().hydrated().orElseGet(() -> of(entry.sequence()));
  }

  /**
   * The sequence that a write of this revision has in the stream as it is now, if it can be there.
   */
  default OptionalLong sequenceOf(Revision.OfJournal revision) {
    return of(revision.sequence()).equals(revision)
        ? OptionalLong.of(revision.sequence())
        : OptionalLong.empty();
  }

  /**
   * Returns the last sequence that is known to be applied to PostgreSQL: hydrations up to it were
   * checked, and removed where they were outdated.
   */
  default long applied() {
    return Long.MAX_VALUE;
  }

  /** {@link #applied}, as PostgreSQL says now. */
  default long refreshApplied() {
    return applied();
  }

  /** The highest sequence that this process knows of; 0 when none. */
  long highest();

  /**
   * Returns a mark. Call this before sending a write, and pass the result to {@link #note} together
   * with the sequence of the acknowledgement.
   */
  long mark();

  /**
   * Notes that a write was acknowledged; never blocks. Read the revision of the write before this
   * call.
   *
   * @return false when the sequence does not lie after the mark, which betrays a stream that went
   *     back, or when that was found out since the mark was taken: {@link #settle} it
   */
  boolean note(long mark, long sequence);

  /**
   * Returns the revision of a write that was just acknowledged, and notes or {@linkplain #settle
   * settles} it. Reads the revision before it notes the write: the note then fails if an epoch
   * began in between.
   */
  default Revision.OfJournal acknowledged(long mark, long sequence) {
    Revision.OfJournal revision = of(sequence);
    return note(mark, sequence) ? revision : settle(sequence);
  }

  /**
   * The revision of an acknowledged write that was not noted.
   *
   * @throws TransientPersistenceException {@code CONSISTENCY_VIOLATION} when the stream does not
   *     reach that far: it went back, or was recreated, and the write is gone; {@code
   *     OUTCOME_UNKNOWN} when a store does not answer, since the write may be in the recreated
   *     stream
   */
  default Revision.OfJournal settle(long sequence) {
    boolean reached;
    try {
      boolean unused = verify();
      reached = reaches(sequence);
    } catch (PersistenceException e) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN,
          "the write was acknowledged as number "
              + sequence
              + " of a stream that was recreated or went back, and it cannot be found out whether"
              + " it is still there; read the entry before you write it again: "
              + e.getMessage(),
          e);
    }
    if (!reached) {
      throw new TransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "the write was acknowledged as number "
              + sequence
              + " of a stream that was recreated or went back meanwhile; it is gone, write again");
    }
    return of(sequence);
  }

  /** Asks whether the stream has a message of this sequence, or had one. */
  boolean reaches(long sequence);

  /**
   * Compares the known state of the stream with its present one.
   *
   * @return whether it was found to be recreated or to have gone back since the last time
   */
  boolean verify();

  /** Calls {@code action} whenever the stream is found to be recreated or to have gone back. */
  void onRestart(Runnable action);
}
