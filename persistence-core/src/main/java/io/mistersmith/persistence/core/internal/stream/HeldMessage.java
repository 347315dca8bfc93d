package io.mistersmith.persistence.core.internal.stream;

import io.mistersmith.persistence.spi.hot.StreamStore.Delivered;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import org.jspecify.annotations.Nullable;

/** A delivery that this process holds, from its fetch until it is answered. Thread-safe. */
final class HeldMessage {

  private final Delivered delivered;
  private int again;
  private @Nullable Thread thread;
  private boolean givenBack;
  private boolean answered;
  private boolean waits;
  private long dueNanos;

  HeldMessage(Delivered delivered) {
    this.delivered = delivered;
  }

  Delivered delivered() {
    return delivered;
  }

  Stored message() {
    return delivered.message();
  }

  long sequence() {
    return delivered.message().sequence();
  }

  /** Which attempt the next one is. */
  synchronized int attempt() {
    return delivered.attempt() + again;
  }

  /** Begins an attempt on this thread; false when the message was given back. */
  synchronized boolean begin() {
    if (!givenBack) {
      thread = Thread.currentThread();
    }
    return !givenBack;
  }

  synchronized void end() {
    thread = null;
    boolean unused = Thread.interrupted();
  }

  synchronized boolean isRunning() {
    return thread != null;
  }

  synchronized void interrupt() {
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** Gives the message back unless an attempt is under way; returns whether it did. */
  synchronized boolean giveBack() {
    if (thread == null) {
      givenBack = true;
    }
    return givenBack;
  }

  /** Marks the message as handled; its acknowledgement is sent next. */
  synchronized void answer() {
    answered = true;
  }

  synchronized boolean isAnswered() {
    return answered;
  }

  /** Has the next attempt of this process wait. */
  synchronized void waitUntil(long nanos) {
    again++;
    waits = true;
    dueNanos = nanos;
  }

  /** Whether its wait is over; says so once. */
  synchronized boolean takeDue(long nanos) {
    boolean due = waits && nanos - dueNanos >= 0;
    if (due) {
      waits = false;
    }
    return due;
  }
}
