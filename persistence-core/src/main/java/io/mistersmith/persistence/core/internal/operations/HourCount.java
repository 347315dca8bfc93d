package io.mistersmith.persistence.core.internal.operations;

import java.time.Clock;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Counts what happened in the last hour, to a minute. Thread-safe. */
final class HourCount {

  private static final int MINUTES = 60;

  private final Clock clock;
  private final long[] counts = new long[MINUTES];
  private long minute;
  private @Nullable String last;

  HourCount(Clock clock) {
    this.clock = clock;
    this.minute = minuteNow();
  }

  /** Counts one more. */
  synchronized void add(String what) {
    moveOn();
    counts[(int) (minute % MINUTES)]++;
    last = what;
  }

  synchronized long sum() {
    moveOn();
    return Arrays.stream(counts).sum();
  }

  /** Returns what was counted last, if that was in the last hour. */
  synchronized Optional<String> last() {
    return sum() == 0 ? Optional.empty() : Optional.ofNullable(last);
  }

  private void moveOn() {
    long now = minuteNow();
    for (long gone = Math.min(now - minute, MINUTES); gone > 0; gone--) {
      counts[(int) ((now - gone + 1) % MINUTES)] = 0;
    }
    minute = Math.max(minute, now);
  }

  private long minuteNow() {
    return clock.millis() / 60_000;
  }
}
