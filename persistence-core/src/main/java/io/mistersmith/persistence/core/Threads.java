package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Background;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.resilience.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine's threads except those of the flush. */
final class Threads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
  private static final int CALLS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ThreadPoolExecutor calls;
  private final List<Periodic> tasks = new ArrayList<>();
  private final Background timer;

  Threads(ServiceHealth health) {
    this.calls =
        new ThreadPoolExecutor(
            CALLS,
            CALLS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            new LibraryThreads("persistence-call"));
    calls.allowCoreThreadTimeOut(true);
    timer =
        Background.loop(
            "persistence-timer",
            "heartbeats, agents in KV or lifecycle states are out of date",
            health,
            this::runWhatIsDue,
            () -> {});
  }

  /** For the parts of asynchronous calls that block. */
  Executor calls() {
    return calls;
  }

  /** Runs {@code task} again and again once started, whatever it or another task throws. */
  void every(Duration period, Runnable task) {
    tasks.add(new Periodic(period, task));
  }

  /** Begins with the periodic tasks. */
  void start() {
    timer.start();
  }

  private void runWhatIsDue() {
    Throwable failure = null;
    for (Periodic task : tasks) {
      try {
        task.runIfDue();
      } catch (Throwable e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw new IllegalStateException("a periodic task failed", failure);
    }
    Duration next =
        tasks.stream().map(Periodic::left).min(Comparator.naturalOrder()).orElse(PATIENCE);
    boolean unused = timer.pause(next);
  }

  /** Takes no more calls, and waits for those that were taken. */
  @Override
  public void close() {
    timer.stop();
    calls.shutdown();
    boolean unused = timer.close(PATIENCE);
    awaitCalls();
  }

  /**
   * Ends what {@link #close} has left, once the stores are closed: each call then fails as closed,
   * so that its future completes.
   */
  void endLeftCalls() {
    if (calls.isTerminated()) {
      return;
    }
    for (Runnable call : calls.shutdownNow()) {
      try {
        call.run();
      } catch (Throwable e) {
        LOG.warn("a call that was still waiting when the engine was closed failed", e);
      }
    }
  }

  private void awaitCalls() {
    try {
      boolean ended = calls.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      LOG.debug("all asynchronous calls ended: {}", ended);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static final class Periodic {

    private final Duration period;
    private final Runnable task;
    private Deadline due;

    Periodic(Duration period, Runnable task) {
      this.period = period;
      this.task = task;
      this.due = Deadline.after(period);
    }

    void runIfDue() {
      if (due.hasPassed()) {
        try {
          task.run();
        } finally {
          due = Deadline.after(period);
        }
      }
    }

    Duration left() {
      return due.left();
    }
  }
}
