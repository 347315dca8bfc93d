package io.mistersmith.persistence.core.internal.state.flush;

import java.util.concurrent.atomic.AtomicLong;

/** The sequence up to which a caller waits for the flush. Thread-safe. */
final class Urgency {

  private final AtomicLong through = new AtomicLong();
  private volatile boolean all;

  /** Asks for all entries up to this sequence to be flushed at once. */
  void raise(long sequence) {
    through.accumulateAndGet(sequence, Math::max);
  }

  /** Asks for whatever is in the stream by now; {@link #takeAll} has it found out what that is. */
  void raiseAll() {
    all = true;
  }

  /** Returns whether all was asked for since the call before. */
  boolean takeAll() {
    boolean asked = all;
    if (asked) {
      all = false;
    }
    return asked;
  }

  /** Whether the latest entry that was asked for is among these: there is nothing to wait for. */
  boolean isAmong(long firstSequence, long lastSequence) {
    long asked = through.get();
    return all || (firstSequence <= asked && asked <= lastSequence);
  }
}
