package io.mistersmith.persistence.core.internal.flush;

import java.util.concurrent.atomic.AtomicLong;

/** Up to which sequence somebody waits for the flush. Thread-safe. */
final class Urgency {

  private final AtomicLong through = new AtomicLong();

  /** Asks for all entries up to this sequence to be flushed at once. */
  void raise(long sequence) {
    through.accumulateAndGet(sequence, Math::max);
  }

  /** Whether the latest entry that was asked for is among these: there is nothing to wait for. */
  boolean isAmong(long firstSequence, long lastSequence) {
    long asked = through.get();
    return firstSequence <= asked && asked <= lastSequence;
  }
}
