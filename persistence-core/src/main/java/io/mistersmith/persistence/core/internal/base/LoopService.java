package io.mistersmith.persistence.core.internal.base;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A service with a thread of its own, which takes one turn after the other. A turn waits by {@link
 * #pause} or {@link #await}, and calls {@link #alive} now and then while it lasts.
 */
public final class LoopService extends Background {

  private final Runnable last;
  private final Thread thread;
  private volatile boolean started;
  private boolean waiting;

  LoopService(Services services, String name, String consequence, Work work, Runnable last) {
    super(services, name, consequence, work);
    this.last = last;
    this.thread = LibraryThreads.thread(name, this::run);
  }

  @Override
  public void start() {
    thread.start();
    started = true;
    services.watch(this);
  }

  @Override
  public boolean isRunning() {
    return started && thread.isAlive();
  }

  @Override
  boolean isBusy() {
    return true;
  }

  @Override
  public void wake() {
    endPause();
  }

  /**
   * Runs {@code wait} on the service's thread: a wait for something from outside, which {@link
   * #stop} interrupts. Returns empty when the service is closed meanwhile.
   */
  public <T> Optional<T> await(Supplier<Optional<T>> wait) {
    if (!beginWait()) {
      return Optional.empty();
    }
    try {
      return wait.get();
    } catch (RuntimeException e) {
      if (isOpen()) {
        throw e;
      }
      return Optional.empty();
    } finally {
      endWait();
      services.wokeUp();
    }
  }

  private boolean beginWait() {
    lock.lock();
    try {
      waiting = isOpen();
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a wait that {@link #stop} may have interrupted, and clears that interrupt. */
  private void endWait() {
    lock.lock();
    try {
      waiting = false;
      if (!isOpen()) {
        boolean unused = Thread.interrupted();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void stop() {
    lock.lock();
    try {
      super.stop();
      if (waiting) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void interrupt() {
    stop();
    thread.interrupt();
  }

  @Override
  boolean awaitEnd(Duration patience) throws InterruptedException {
    if (!started || Thread.currentThread() == thread) {
      return true;
    }
    thread.join(Math.max(1, patience.toMillis()));
    return !thread.isAlive();
  }

  private void rest(Duration duration) {
    try {
      boolean unused = duration.isZero() || pause(duration);
    } catch (Throwable e) {
      LockSupport.parkNanos(AFTER_LOST_REPORT_NANOS); // the ticker failed: the next turn reports it
    }
  }

  private void run() {
    try {
      while (isOpen()) {
        rest(takeTurn());
      }
    } finally {
      last.run();
      if (isOpen()) {
        services.health().ended(this);
      }
    }
  }
}
