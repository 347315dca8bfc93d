package io.mistersmith.persistence.core.internal.journal;

import java.util.concurrent.atomic.AtomicLong;

/** The highest sequence that this process was acknowledged since the stream last started anew. */
final class Highest {

  private final AtomicLong sequence = new AtomicLong();

  long get() {
    return sequence.get();
  }

  /** Notes an acknowledgement; tells whether it lies after the mark, as it must in one stream. */
  boolean note(long mark, long acknowledged) {
    if (acknowledged <= mark) {
      return false;
    }
    if (acknowledged > sequence.get()) {
      sequence.accumulateAndGet(acknowledged, Math::max);
    }
    return true;
  }

  void restartAt(long lastSequence) {
    sequence.set(lastSequence);
  }
}
