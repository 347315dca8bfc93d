package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Repeats calls that fail while a server is down or a cluster elects a leader. */
final class Retries {

  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final long PAUSE_NANOS = 100_000_000;

  private Retries() {}

  static Persistence open(PersistenceConfig config) {
    return with(() -> Persistence.open(config));
  }

  /**
   * Returns the result of {@code call}. Repeats it for up to two minutes while it fails for a
   * transient reason.
   */
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
