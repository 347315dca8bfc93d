package io.mistersmith.persistence.testkit.junit;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Finds threads that the library left behind: live ones whose name starts with {@code persistence-}
 * and that were not there when the checker was made. Tests that run at the same time in one JVM see
 * each other's threads.
 */
public final class LeakChecker {

  private static final String PREFIX = "persistence-";
  private static final long POLL_MILLIS = 10;

  private final Set<Thread> before = threads();

  private LeakChecker() {}

  /** A checker that holds the threads of now to be no leak. */
  public static LeakChecker start() {
    return new LeakChecker();
  }

  /**
   * Waits until no thread of the library is left that came after the start.
   *
   * @throws AssertionError when one is left at the deadline; names each with its stack
   */
  public void assertNoLeaks(Duration deadline) {
    long end = System.nanoTime() + deadline.toNanos();
    for (Thread thread : leaked()) {
      long left = Math.max(POLL_MILLIS, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
      try {
        thread.join(left);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AssertionError("interrupted while waiting for " + thread.getName(), e);
      }
    }
    List<Thread> left = leaked();
    if (!left.isEmpty()) {
      throw new AssertionError(
          left.stream()
              .map(thread -> thread.getName() + " at " + firstFrame(thread))
              .collect(
                  Collectors.joining(
                      "\n  ", left.size() + " threads of the library are left:\n  ", "")));
    }
  }

  private List<Thread> leaked() {
    return threads().stream().filter(thread -> !before.contains(thread)).toList();
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(PREFIX))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static String firstFrame(Thread thread) {
    StackTraceElement[] frames = thread.getStackTrace();
    return frames.length == 0 ? "its end" : frames[0].toString();
  }
}
