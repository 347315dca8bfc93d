package io.mistersmith.persistence.core.internal.journal;

import io.mistersmith.persistence.model.Revision;
import java.util.OptionalLong;

/** Translates between the sequences of a bucket's stream and logical revisions. Thread-safe. */
public interface Revisions {

  /** The revision of the message at this sequence, when it is a write and no hydration. */
  Revision of(long sequence);

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

  /** To be taken before a write is sent and handed to {@link #note} with its sequence. */
  long mark();

  /**
   * Notes that a write was acknowledged; never blocks.
   *
   * @return false when the sequence does not lie after the mark, which betrays a stream that went
   *     back: {@link #verify()} before translating it
   */
  boolean note(long mark, long sequence);

  /**
   * Compares what is known of the stream with what it is.
   *
   * @return whether it was found to have started anew or gone back since the last time
   */
  boolean verify();

  /** Calls {@code action} whenever the stream is found to have started anew or gone back. */
  void onRestart(Runnable action);
}
