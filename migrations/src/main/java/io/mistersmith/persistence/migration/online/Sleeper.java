package io.mistersmith.persistence.migration.online;

import java.time.Duration;

/** How a change pauses; a test pauses without time passing. */
@FunctionalInterface
public interface Sleeper {

  /** Lets the thread sleep. */
  Sleeper THREAD =
      duration -> Thread.sleep(duration.toMillis(), duration.toNanosPart() % 1_000_000);

  /**
   * Pauses.
   *
   * @throws InterruptedException when the thread is interrupted meanwhile
   */
  void pause(Duration duration) throws InterruptedException;
}
