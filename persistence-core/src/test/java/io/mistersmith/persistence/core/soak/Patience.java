package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Does again what failed because a server is down, or a cluster elects: it will be back. */
final class Patience {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final long PAUSE_NANOS = 100_000_000;

  private Patience() {}

  static Persistence open(PersistenceConfig config) {
    return with(() -> Persistence.open(config));
  }

  /** What {@code call} returns, once it does not fail for a transient reason; two minutes long. */
  static <T> T with(Supplier<T> call) {
    long begin = System.nanoTime();
    while (true) {
      try {
        return call.get();
      } catch (PersistenceException e) {
        if (!e.isTransient() || System.nanoTime() - begin > LIMIT.toNanos()) {
          throw e;
        }
        System.err.println("soak: trying again: " + e.getMessage());
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }
}
