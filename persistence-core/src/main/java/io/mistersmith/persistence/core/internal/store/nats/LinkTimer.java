package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timer of one connection, which jnats uses as well. A periodic task that throws runs again all
 * the same: jnats ends requests that are out of time by one. A delayed task runs once in any case,
 * at the latest when the timer is closed.
 */
final class LinkTimer extends ScheduledThreadPoolExecutor {

  private static final Logger log = LoggerFactory.getLogger(LinkTimer.class);

  private final Set<Delayed> delayed = ConcurrentHashMap.newKeySet();

  LinkTimer() {
    super(1, new LibraryThreads("persistence-nats-timer"));
    setRemoveOnCancelPolicy(true);
  }

  /** Runs {@code task}, which must be quick, after {@code delay}. */
  void later(Duration delay, Runnable task) {
    Delayed once = new Delayed(task);
    delayed.add(once);
    try {
      ScheduledFuture<?> unused = schedule(once, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      once.run(); // the link is closed: the task finds out and ends what waits for it
    }
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long first, long period, TimeUnit unit) {
    return super.scheduleAtFixedRate(surviving(task), first, period, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long first, long delay, TimeUnit unit) {
    return super.scheduleWithFixedDelay(surviving(task), first, delay, unit);
  }

  private static Runnable surviving(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Throwable e) {
        log.error("A timer task of the NATS connection failed; it runs again", e);
      } finally {
        LibraryThreads.dropInterrupt("a timer task");
      }
    };
  }

  /** Ends the timer, and runs what was delayed. */
  void end() {
    var unused = shutdownNow();
    delayed.forEach(Delayed::run);
  }

  private final class Delayed implements Runnable {

    private final Runnable task;

    Delayed(Runnable task) {
      this.task = task;
    }

    @Override
    public void run() {
      if (delayed.remove(this)) {
        task.run();
      }
    }
  }
}
