package io.mistersmith.persistence.core;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine's threads but for the flush: named daemons. */
final class Threads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
  private static final int CALLS = 8;

  private final ThreadPoolExecutor calls;
  private final ScheduledThreadPoolExecutor timer;

  Threads() {
    calls =
        new ThreadPoolExecutor(
            CALLS, CALLS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), named("call"));
    calls.allowCoreThreadTimeOut(true);
    timer = new ScheduledThreadPoolExecutor(1, named("timer"));
  }

  /** For the parts of asynchronous calls that block. */
  Executor calls() {
    return calls;
  }

  /** Runs {@code task} again and again, whatever it throws. */
  @SuppressWarnings("FutureReturnValueIgnored") // it never completes: the task catches and logs
  void every(Duration period, Runnable task) {
    timer.scheduleWithFixedDelay(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.error("a periodic task failed for a reason that should not occur; it goes on", e);
          }
        },
        period.toMillis(),
        period.toMillis(),
        TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
    calls.shutdown();
    try {
      boolean ended =
          timer.awaitTermination(5, TimeUnit.SECONDS)
              && calls.awaitTermination(5, TimeUnit.SECONDS);
      if (!ended) {
        calls.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      calls.shutdownNow();
    }
  }

  private static ThreadFactory named(String role) {
    AtomicInteger number = new AtomicInteger();
    return task -> {
      Thread thread = new Thread(task, "persistence-" + role + "-" + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }
}
