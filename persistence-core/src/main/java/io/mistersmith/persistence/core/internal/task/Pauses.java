package io.mistersmith.persistence.core.internal.task;

import java.time.Duration;

/** How long a task waits after a failure. */
final class Pauses {

  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  private Pauses() {}

  /** Returns the pause before the next attempt, after so many retries. */
  static Duration after(int retries) {
    Duration pause = FIRST.multipliedBy(1L << Math.min(retries, 20));
    return pause.compareTo(LONGEST) < 0 ? pause : LONGEST;
  }
}
