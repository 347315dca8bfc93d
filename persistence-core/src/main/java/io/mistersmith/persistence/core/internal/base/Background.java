package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.core.internal.resilience.Backoff;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Work that is done again and again on a thread of its own until it is closed, whatever it throws.
 *
 * <p>An exception or an Error ends one turn. It is reported to {@link ServiceHealth}, and the next
 * turn begins after a pause that grows up to a second. An interrupt that application code left on
 * the thread is dropped. Only {@link #close} ends the service. Thread-safe.
 */
public final class Background {

  private static final long AFTER_LOST_REPORT_NANOS = Duration.ofMillis(100).toNanos();

  /** One turn of a service. */
  @FunctionalInterface
  public interface Work {

    /** Does what is to be done now. What it throws ends this turn alone. */
    void run() throws InterruptedException;
  }

  private final String name;
  private final String consequence;
  private final ServiceHealth health;
  private final Duration period;
  private final Work work;
  private final Runnable last;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private final Thread thread;
  private volatile boolean started;
  private volatile long failures;
  private volatile Class<?> latestFailure = Void.class;
  private volatile long aliveAt = System.nanoTime();

  private Background(
      String name,
      String consequence,
      ServiceHealth health,
      Duration period,
      Work work,
      Runnable last) {
    this.name = name;
    this.consequence = consequence;
    this.health = health;
    this.period = period;
    this.work = work;
    this.last = last;
    this.thread = LibraryThreads.thread(name, this::run);
  }

  /**
   * A service that does {@code work} without a pause: the work waits by {@link #pause} itself, and
   * calls {@link #alive} now and then while one turn lasts.
   *
   * @param name the thread's name
   * @param consequence what does not happen while the service fails, as a clause for the log
   * @param last is done on the thread when the service was closed
   */
  public static Background loop(
      String name, String consequence, ServiceHealth health, Work work, Runnable last) {
    return new Background(name, consequence, health, Duration.ZERO, work, last);
  }

  /** A service that does {@code work} after each {@code period}. */
  public static Background every(
      Duration period, String name, String consequence, ServiceHealth health, Work work) {
    return new Background(name, consequence, health, period, work, () -> {});
  }

  /** Begins. Throws the JVM's Error when it can make no thread; it can be called again then. */
  public void start() {
    thread.start();
    started = true;
    health.watch(this);
  }

  /** Whether it is to go on: nobody has closed it. */
  public boolean isOpen() {
    return stop.getCount() > 0;
  }

  /** Whether its thread runs. */
  public boolean isRunning() {
    return started && thread.isAlive();
  }

  /** Waits, and returns early with false when the service is closed. */
  public boolean pause(Duration duration) {
    alive();
    LibraryThreads.dropInterrupt("application code");
    long end = System.nanoTime() + duration.toNanos();
    boolean closed = !isOpen();
    for (long left = duration.toNanos(); !closed && left > 0; left = end - System.nanoTime()) {
      try {
        closed = stop.await(left, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        LibraryThreads.dropInterrupt("other code");
      }
    }
    alive();
    return !closed && isOpen();
  }

  /** Says that a turn that lasts is getting somewhere, and that what failed before works again. */
  public void succeeded() {
    alive();
    if (failures > 0) {
      recovered();
    }
  }

  /** Says that the thread is not stuck. */
  public void alive() {
    aliveAt = System.nanoTime();
  }

  /** Tells it to end after the turn under way. Does not wait. */
  public void stop() {
    stop.countDown();
  }

  /** {@link #stop}, and interrupts a wait of the turn under way. */
  public void interrupt() {
    stop.countDown();
    thread.interrupt();
  }

  /**
   * Tells it to end after the turn under way, and waits for that.
   *
   * @return whether it has ended, or is its own caller
   */
  public boolean close(Duration patience) {
    stop.countDown();
    health.forget(this);
    if (!started || Thread.currentThread() == thread) {
      return true;
    }
    try {
      thread.join(Math.max(1, patience.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  String name() {
    return name;
  }

  String consequence() {
    return consequence;
  }

  /** What an operator should know of this service; empty while it works. */
  Optional<String> trouble(Duration longestSilence) {
    if (!isOpen()) {
      return Optional.empty();
    }
    if (!thread.isAlive()) {
      return Optional.of(
          name + " has ended, so that " + consequence + "; close this runtime and open it again");
    }
    if (failures > 0) {
      return Optional.of(
          name
              + " failed "
              + failures
              + " times in a row, last with "
              + latestFailure.getName()
              + ", so that "
              + consequence
              + "; it goes on trying, and the log has the stack trace");
    }
    Duration silent = Duration.ofNanos(System.nanoTime() - aliveAt);
    return silent.compareTo(longestSilence) < 0
        ? Optional.empty()
        : Optional.of(
            name
                + " has been in one call for "
                + silent.toSeconds()
                + " s, so that "
                + consequence
                + "; a stack dump tells whether a listener or a store holds it");
  }

  private void run() {
    try {
      while (isOpen()) {
        try {
          takeTurns();
        } catch (Throwable e) {
          // The report itself failed, for want of memory for instance. The next one says it all.
          LockSupport.parkNanos(AFTER_LOST_REPORT_NANOS);
        }
      }
    } finally {
      last.run();
      if (isOpen()) {
        health.ended(this);
      }
    }
  }

  private void takeTurns() {
    while (isOpen()) {
      try {
        alive();
        LibraryThreads.dropInterrupt("application code");
        if (period.isZero() || pause(period)) {
          work.run();
          succeeded();
        }
      } catch (Throwable e) {
        failed(e);
      }
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // written by this thread alone
  private void failed(Throwable cause) {
    if (!isOpen()) {
      return;
    }
    if (cause instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      LibraryThreads.dropInterrupt("application code");
      return;
    }
    failures++;
    latestFailure = cause.getClass();
    health.failed(this, failures, cause);
    boolean unused = pause(backoff.next());
  }

  private void recovered() {
    failures = 0;
    backoff.reset();
    health.recovered(this);
  }
}
