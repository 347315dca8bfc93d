package io.mistersmith.persistence.core.fault;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Threads that repeat a turn of theirs until they are stopped, or one of them fails. */
final class Turns implements AutoCloseable {

  private static final Duration LONGEST_TURN = Duration.ofSeconds(40);

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean stopped;
  private volatile @Nullable Throwable unexpected;

  private Turns() {}

  /** Starts threads that repeat the turn of their number, from 0 on. */
  static Turns start(int count, String name, IntFunction<Runnable> turns) {
    Turns started = new Turns();
    for (int i = 0; i < count; i++) {
      Runnable turn = turns.apply(i);
      Thread thread = new Thread(() -> started.repeat(turn), name + "-" + i);
      thread.setDaemon(true);
      started.threads.add(thread);
      thread.start();
    }
    return started;
  }

  private void repeat(Runnable turn) {
    try {
      while (!stopped) {
        turn.run();
      }
    } catch (RuntimeException | Error e) {
      unexpected = e;
    }
  }

  /** Waits for the turns under way; fails when one threw, or does not end. */
  void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join(LONGEST_TURN.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      }
      if (thread.isAlive()) {
        throw new IllegalStateException(thread.getName() + " hangs");
      }
    }
    if (unexpected != null) {
      throw new IllegalStateException("a thread of the test failed", unexpected);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
