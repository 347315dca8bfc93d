package io.mistersmith.persistence.core.internal.state.journal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The highest sequence that the server acknowledged to this process since the stream was last
 * recreated.
 *
 * <p>A late acknowledgement may belong to the previous stream. Taken for one of this stream, it
 * would lie beyond its end, as if the stream had lost its last messages. So the upper bits of a
 * mark hold the stream's term in which it was taken, and the mark is valid only for that term.
 */
final class Highest {

  private static final int TERM = 48;
  private static final long SEQUENCE = (1L << TERM) - 1;

  private final AtomicLong latest = new AtomicLong();

  long get() {
    return latest.get() & SEQUENCE;
  }

  /**
   * Returns a mark: the present term and its highest sequence, at least {@code least}. Sequences
   * later than the mark are new in this term.
   */
  long mark(long least) {
    long now = latest.get();
    return (now & ~SEQUENCE) | Math.max(now & SEQUENCE, least);
  }

  /**
   * Notes an acknowledgement. Returns whether it is later than the mark, as it must be in one
   * stream, and of the mark's term.
   */
  boolean note(long mark, long acknowledged) {
    if (acknowledged <= (mark & SEQUENCE)) {
      return false;
    }
    while (true) {
      long now = latest.get();
      if ((now & ~SEQUENCE) != (mark & ~SEQUENCE)) {
        return false;
      }
      if (acknowledged <= (now & SEQUENCE)
          || latest.compareAndSet(now, (now & ~SEQUENCE) | acknowledged)) {
        return true;
      }
    }
  }

  /** Begins another term. */
  void restartAt(long lastSequence) {
    latest.updateAndGet(now -> (((now >>> TERM) + 1) << TERM) | lastSequence);
  }
}
