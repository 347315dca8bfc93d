package io.mistersmith.persistence.core.internal.saga;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread on which a run is carried on. It interrupts application code whose time is over, and
 * ends all waits once the run is lost. Used by that thread, except {@link #lose}.
 */
final class RunThread {

  private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

  private final ScheduledExecutorService timer;

  // Guarded by this.
  private @Nullable Thread thread;
  private boolean lost;
  private boolean calling;
  private boolean late;
  private OptionalLong interruptedAt = OptionalLong.empty();

  RunThread(ScheduledExecutorService timer) {
    this.timer = timer;
  }

  /** Begins, on the current thread. */
  synchronized void begin() {
    thread = Thread.currentThread();
  }

  /** Ends; the thread is not interrupted any more. */
  synchronized void end() {
    thread = null;
    boolean unused = Thread.interrupted();
  }

  /** Says that the run has another owner by now, or may have one. */
  synchronized void lose() {
    lost = true;
    interrupt();
  }

  private void interrupt() {
    if (thread != null) {
      thread.interrupt();
      interruptedAt = interruptedAt.isEmpty() ? OptionalLong.of(System.nanoTime()) : interruptedAt;
    }
  }

  /** Whether code of the application has gone on for longer than this since it was interrupted. */
  synchronized boolean ignoresInterrupt(Duration grace) {
    return calling
        && interruptedAt.isPresent()
        && System.nanoTime() - interruptedAt.getAsLong() > grace.toNanos();
  }

  synchronized boolean isLost() {
    return lost;
  }

  /** Throws if the run is lost: what failed meanwhile says nothing of the step. */
  void requireKept() {
    if (isLost()) {
      throw new OwnershipOverException("the runner's lease is over, or it is closed");
    }
  }

  /**
   * Runs code of the application.
   *
   * @throws TransientPersistenceException {@code TIMEOUT} when it threw after its time was over
   */
  <T> T call(Duration limit, Callable<T> code) throws Exception {
    requireKept();
    enter();
    Future<?> end = timer.schedule(this::timeOut, limit.toNanos(), TimeUnit.NANOSECONDS);
    try {
      return code.call();
    } catch (Exception e) {
      requireKept();
      if (isLate()) {
        throw new TransientPersistenceException(
            DataError.TIMEOUT, "the attempt was interrupted after " + limit, e);
      }
      throw e;
    } finally {
      boolean unused = end.cancel(false);
      leave();
    }
  }

  private synchronized void enter() {
    calling = true;
    late = false;
    interruptedAt = lost ? interruptedAt : OptionalLong.empty();
  }

  private synchronized void leave() {
    calling = false;
    if (!lost) {
      boolean unused = Thread.interrupted();
    }
  }

  private synchronized boolean isLate() {
    return late;
  }

  private synchronized void timeOut() {
    if (calling && thread != null) {
      late = true;
      interrupt();
    }
  }

  /** Waits, unless the run is lost. */
  void sleep(Duration pause) {
    requireKept();
    if (pause.isZero()) {
      return;
    }
    try {
      TimeUnit.NANOSECONDS.sleep(pause.toNanos());
    } catch (InterruptedException e) {
      requireKept(); // else the application interrupted it
    }
  }

  /** Calls a store again until it answers, or the run is lost. */
  <T> T insist(Supplier<T> call) {
    Backoff pauses = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
    while (true) {
      try {
        return call.get();
      } catch (PersistenceException e) {
        requireKept();
        if (!e.isTransient() || OwnedRun.isRefused(e)) {
          throw e;
        }
      }
      sleep(pauses.next());
    }
  }
}
