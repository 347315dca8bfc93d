package io.mistersmith.persistence.core.internal.saga;

import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Wakes the calls of this runtime that await runs which this runtime carries on. Thread-safe. */
final class RunWaits {

  private final Map<UUID, CountDownLatch> latches = new ConcurrentHashMap<>();

  /** Begins to watch a run. A caller looks at it afterwards, so that it misses no end. */
  CountDownLatch watch(UUID run) {
    return latches.computeIfAbsent(run, missing -> new CountDownLatch(1));
  }

  /** Waits until the run is over here, or for {@code most}; it may be over elsewhere before. */
  void await(CountDownLatch watched, Duration most) throws InterruptedException {
    boolean unused = watched.await(most.toNanos(), TimeUnit.NANOSECONDS);
  }

  void over(UUID run) {
    CountDownLatch latch = latches.remove(run);
    if (latch != null) {
      latch.countDown();
    }
  }

  /** Ends the watch. Others that watch the same run look at it now and then. */
  void forget(UUID run, CountDownLatch watched) {
    boolean unused = latches.remove(run, watched);
  }
}
