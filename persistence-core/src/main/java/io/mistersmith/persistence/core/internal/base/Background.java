package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A named service whose work is done again and again until it is closed, whatever it throws.
 *
 * <p>An exception or an Error ends one turn. It is reported to {@link ServiceHealth}, and the next
 * turn begins after a pause that grows up to a second. An interrupt that application code left on
 * the thread is dropped. Only {@link #close} ends the service. Thread-safe.
 */
public abstract sealed class Background permits LoopService, PeriodicService {

  static final long AFTER_LOST_REPORT_NANOS = Duration.ofMillis(100).toNanos();

  /** One turn of a service. */
  @FunctionalInterface
  public interface Work {

    /** Does the work that is due. An exception ends this turn only. */
    void run() throws InterruptedException;
  }

  final ReentrantLock lock = new ReentrantLock();
  final Services services;
  private final Condition changed = lock.newCondition();
  private final String name;
  private final String consequence;
  private final Work work;
  private final Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
  private volatile boolean open = true;
  private boolean woken;
  private volatile boolean pausing;
  private volatile long failures;
  private volatile Class<?> latestFailure = Void.class;
  private volatile long aliveAt;

  Background(Services services, String name, String consequence, Work work) {
    this.services = services;
    this.name = name;
    this.consequence = consequence;
    this.work = work;
    this.aliveAt = services.ticker().nanos();
  }

  /** Begins. Throws the JVM's Error when it can make no thread; it can be called again then. */
  public abstract void start();

  /** Returns whether the service was started and its thread, or the shared ones, run. */
  public abstract boolean isRunning();

  /** Ends a pause of the service, or begins its next turn, at once. */
  public abstract void wake();

  /** Returns whether the service has not been closed. */
  public final boolean isOpen() {
    return open;
  }

  /** Waits on the service's own thread; returns early with false when the service is closed. */
  public final boolean pause(Duration duration) {
    alive();
    LibraryThreads.dropInterrupt("application code");
    long end = services.ticker().nanos() + duration.toNanos();
    pausing = true;
    lock.lock();
    try {
      for (long left = duration.toNanos();
          open && !woken && left > 0;
          left = end - services.ticker().nanos()) {
        try {
          services.ticker().await(changed, left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          LibraryThreads.dropInterrupt("other code");
        }
      }
      woken = false;
    } finally {
      lock.unlock();
      pausing = false;
    }
    services.wokeUp();
    alive();
    return open;
  }

  /** Says that a turn that lasts is getting somewhere, and that what failed before works again. */
  public final void succeeded() {
    alive();
    if (failures > 0) {
      failures = 0;
      backoff.reset();
      services.health().recovered(this);
    }
  }

  /** Says that the thread is not stuck. */
  public final void alive() {
    aliveAt = services.ticker().nanos();
  }

  /** Tells the service to end after the turn under way. Does not wait. */
  public void stop() {
    lock.lock();
    try {
      open = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@link #stop}, and interrupts what the turn under way waits for. */
  public abstract void interrupt();

  /**
   * Tells the service to end after the turn under way, and waits for that.
   *
   * @return whether it has ended, or is its own caller
   */
  public final boolean close(Duration patience) {
    stop();
    services.forget(this);
    try {
      return awaitEnd(patience);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !isRunning();
    }
  }

  abstract boolean awaitEnd(Duration patience) throws InterruptedException;

  /** Ends a {@link #pause}, or the next one if none is under way. */
  final void endPause() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  final String name() {
    return name;
  }

  final String consequence() {
    return consequence;
  }

  /** Returns what an operator should know of this service; empty while it works. */
  final Optional<String> trouble(Duration longestSilence) {
    if (!open) {
      return Optional.empty();
    }
    if (!isRunning()) {
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
              + "; it goes on trying, and the log says why");
    }
    Duration silent = Duration.ofNanos(services.ticker().nanos() - aliveAt);
    return isBusy() && !pausing && silent.compareTo(longestSilence) >= 0
        ? Optional.of(
            name
                + " has been in one call for "
                + silent.toSeconds()
                + " s, so that "
                + consequence
                + "; a stack dump tells whether a listener or a store holds it")
        : Optional.empty();
  }

  /** Returns whether a turn is due or under way. */
  abstract boolean isBusy();

  /**
   * Takes one turn. Throws nothing.
   *
   * @return how long to wait before the next one for what it failed with; zero if it did not
   */
  final Duration takeTurn() {
    try {
      alive();
      LibraryThreads.dropInterrupt("application code");
      work.run();
      succeeded();
      return Duration.ZERO;
    } catch (Throwable e) {
      return failed(e);
    }
  }

  private Duration failed(Throwable cause) {
    try {
      return report(cause);
    } catch (Throwable e) {
      // The report itself failed, for want of memory for instance. The next one says it all.
      LockSupport.parkNanos(AFTER_LOST_REPORT_NANOS);
      return Duration.ZERO;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // one turn at a time, each after the other
  private Duration report(Throwable cause) {
    if (!open) {
      return Duration.ZERO;
    }
    if (cause instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      LibraryThreads.dropInterrupt("application code");
      return Duration.ZERO;
    }
    failures++;
    latestFailure = cause.getClass();
    services.health().failed(this, failures, cause);
    return backoff.next();
  }

  /** Reports that no thread could be made for the turn that is due. */
  final void notRun(Throwable cause) {
    var unused = failed(cause);
  }
}
