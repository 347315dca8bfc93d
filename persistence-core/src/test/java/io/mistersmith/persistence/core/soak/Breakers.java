package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.guard.StoreGuard.Breaker;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** The breakers of a runtime: all of them close once its servers run. */
final class Breakers {

  /** An open breaker tries again after 30 s at most, and several trial calls may come late. */
  private static final Duration WITHIN = Duration.ofSeconds(60);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private Breakers() {}

  /** Waits until all are closed, while others make the calls that close them. */
  static void awaitClosed(StoreGuard guard, LedgerWriter ledgerWriter) {
    long begin = System.nanoTime();
    List<Breaker> open = open(guard);
    while (!open.isEmpty() && System.nanoTime() - begin < WITHIN.toNanos()) {
      LockSupport.parkNanos(PAUSE.toNanos());
      open = open(guard);
    }
    if (open.isEmpty()) {
      ledgerWriter.counted("breakers closed");
    } else {
      ledgerWriter.unexpected("not closed although both servers run: " + open);
    }
  }

  private static List<Breaker> open(StoreGuard guard) {
    return guard.breakers().stream().filter(breaker -> breaker.state() != State.CLOSED).toList();
  }
}
