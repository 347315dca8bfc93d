package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupProgress;
import io.mistersmith.persistence.backup.BackupProgress.Step;
import io.mistersmith.persistence.core.internal.base.Ticker;
import java.time.Duration;

/** Tells a listener how far the step under way is, about once a second. Thread-safe. */
final class ProgressMeter {

  private static final long PERIOD = Duration.ofSeconds(1).toNanos();

  private final BackupProgress listener;
  private final Ticker ticker;
  private String what = "";
  private long total;
  private long done;
  private long begun;
  private long told;
  private long sum;

  ProgressMeter(BackupProgress listener, Ticker ticker) {
    this.listener = listener;
    this.ticker = ticker;
  }

  /** Begins a step; {@code bytes} is 0 where its size is not known. */
  synchronized void begin(String step, long bytes) {
    what = step;
    total = bytes;
    done = 0;
    begun = ticker.nanos();
    told = begun;
    tell(false);
  }

  /** Adds bytes to the step under way. */
  synchronized void add(long bytes) {
    done += bytes;
    sum += bytes;
    if (ticker.nanos() - told >= PERIOD) {
      told = ticker.nanos();
      tell(false);
    }
  }

  /** Ends the step under way. */
  synchronized void end() {
    tell(true);
  }

  /** Returns how many bytes all steps have had so far. */
  synchronized long sum() {
    return sum;
  }

  private void tell(boolean ended) {
    long nanos = Math.max(1, ticker.nanos() - begun);
    listener.report(new Step(what, done, total, done * 1e9 / nanos, ended));
  }
}
