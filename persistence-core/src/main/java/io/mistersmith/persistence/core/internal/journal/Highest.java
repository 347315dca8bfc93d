package io.mistersmith.persistence.core.internal.journal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The highest sequence that this process was acknowledged since the stream last started anew.
 *
 * <p>An acknowledgement of the stream before may arrive late. Taken for one of this stream it would
 * lie behind its end, as if a tail had been lost. So a mark tells by its upper bits in which of the
 * stream's terms it was taken, and holds for that one alone.
 */
final class Highest {

  private static final int TERM = 48;
  private static final long SEQUENCE = (1L << TERM) - 1;

  private final AtomicLong latest = new AtomicLong();

  long get() {
    return latest.get() & SEQUENCE;
  }

  /** The present term, and what lies behind it is new in it: no less than {@code least}. */
  long mark(long least) {
    long now = latest.get();
    return (now & ~SEQUENCE) | Math.max(now & SEQUENCE, least);
  }

  /**
   * Notes an acknowledgement; tells whether it lies after the mark, as it must in one stream, and
   * is of its term.
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
