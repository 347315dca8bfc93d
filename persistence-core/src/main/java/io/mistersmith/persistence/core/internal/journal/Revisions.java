package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.HotEntry;
import java.util.OptionalLong;

/** Translates between the sequences of a bucket's stream and logical revisions. Thread-safe. */
public interface Revisions {

  /** The revision of the message at this sequence, when it is a write and no hydration. */
  Revision of(long sequence);

  /** The revision of an entry: of the write at its sequence, or of the one it is a copy of. */
  default Revision of(HotEntry entry) {
    return entry.metadata().hydrated().orElseGet(() -> of(entry.sequence()));
  }

  /**
   * The sequence that a write of this revision has in the stream as it is now, if it can be there.
   */
  default OptionalLong sequenceOf(Revision revision) {
    return of(revision.sequence()).equals(revision)
        ? OptionalLong.of(revision.sequence())
        : OptionalLong.empty();
  }

  /**
   * The last sequence that is known to be applied to what is behind the bucket: hydrations up to it
   * were looked at, and removed where they were outdated.
   */
  default long applied() {
    return Long.MAX_VALUE;
  }

  /** The highest sequence that this process knows of; 0 when none. */
  long highest();

  /** To be taken before a write is sent and handed to {@link #note} with its sequence. */
  long mark();

  /**
   * Notes that a write was acknowledged; never blocks. Who wants its revision takes that before.
   *
   * @return false when the sequence does not lie after the mark, which betrays a stream that went
   *     back, or when that was found out since the mark was taken: {@link #settle} it
   */
  boolean note(long mark, long sequence);

  /**
   * The revision of a write that was just acknowledged, noted or {@linkplain #settle settled}. It
   * is taken before it is noted: an epoch that begins in between is noticed by that.
   */
  default Revision acknowledged(long mark, long sequence) {
    Revision revision = of(sequence);
    return note(mark, sequence) ? revision : settle(sequence);
  }

  /**
   * The revision of an acknowledged write that was not noted.
   *
   * @throws TransientPersistenceException {@code CONSISTENCY_VIOLATION} when the stream does not
   *     reach that far: it went back, or was made anew, and the write is gone
   */
  default Revision settle(long sequence) {
    verify();
    if (!reaches(sequence)) {
      throw new TransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          "the write was acknowledged as number "
              + sequence
              + " of a stream that was made anew or went back meanwhile; it is gone, write again");
    }
    return of(sequence);
  }

  /** Asks whether the stream has a message of this sequence, or had one. */
  boolean reaches(long sequence);

  /**
   * Compares what is known of the stream with what it is.
   *
   * @return whether it was found to have started anew or gone back since the last time
   */
  boolean verify();

  /** Calls {@code action} whenever the stream is found to have started anew or gone back. */
  void onRestart(Runnable action);
}
