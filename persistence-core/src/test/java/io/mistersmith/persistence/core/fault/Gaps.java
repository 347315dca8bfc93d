package io.mistersmith.persistence.core.fault;

import java.time.Duration;

/**
 * Measures the longest time without an acknowledgement while a server could give one, from the
 * first acknowledgement on. Thread-safe.
 */
final class Gaps {

  private long since = System.nanoTime();
  private long longest;
  private boolean suspended;
  private boolean begun;

  /** An acknowledgement came. */
  synchronized void acknowledged() {
    if (begun) {
      end();
    } else {
      resume();
    }
  }

  /** Ends the present gap: from now on no server can acknowledge anything. */
  synchronized void suspend() {
    end();
    suspended = true;
  }

  /** Begins a gap: from now on a server can acknowledge again. */
  synchronized void resume() {
    since = System.nanoTime();
    begun = true;
    suspended = false;
  }

  /** Forgets earlier gaps; the present one counts from now. */
  synchronized void begin() {
    longest = 0;
    resume();
  }

  /** Returns the longest gap that has ended. */
  synchronized Duration longest() {
    return Duration.ofNanos(longest);
  }

  private void end() {
    long now = System.nanoTime();
    if (!suspended) {
      longest = Math.max(longest, now - since);
    }
    since = now;
  }
}
