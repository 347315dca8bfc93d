package io.mistersmith.persistence.migration.internal.jdbc;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Pauses between attempts: doubled from the first to the longest, each shortened at random. */
public final class Backoff {
  private final long longestMillis;
  private long nextMillis;

  public Backoff(Duration first, Duration longest) {
    this.nextMillis = first.toMillis();
    this.longestMillis = longest.toMillis();
  }

  /**
   * Pauses once.
   *
   * @param what whom the pause is for, for the message when it is interrupted
   */
  public void pause(String what) {
    long millis = ThreadLocalRandom.current().nextLong(nextMillis / 2, nextMillis + 1);
    nextMillis = Math.min(nextMillis * 2, longestMillis);
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MigrationException(Kind.INTERRUPTED, "Interrupted while waiting for " + what, e);
    }
  }
}
