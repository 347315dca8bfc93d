package io.mistersmith.persistence.core.fault;

import static org.awaitility.Awaitility.await;

import java.time.Duration;

/** Waits that several tests share. */
final class Waits {

  private Waits() {}

  /** Until so many more writes were acknowledged than now. */
  static void moreAcknowledged(Ledger ledger, long more) {
    long goal = ledger.acknowledged() + more;
    await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(10))
        .until(() -> ledger.acknowledged() >= goal);
  }

  /** Until this much time has passed. */
  static void passed(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    await()
        .atMost(time.plusSeconds(20))
        .pollDelay(time)
        .pollInterval(Duration.ofMillis(10))
        .until(() -> System.nanoTime() >= end);
  }
}
