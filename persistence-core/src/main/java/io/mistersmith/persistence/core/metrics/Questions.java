package io.mistersmith.persistence.core.metrics;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks questions again and again on a thread of its own, one after the other, so that a scrape
 * never waits for a store. A question that fails does not keep the others from being asked.
 */
final class Questions implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Questions.class);
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Questions::daemon);

  Questions(Duration interval, List<? extends Runnable> questions) {
    var unused =
        thread.scheduleWithFixedDelay(
            () -> questions.forEach(this::ask), 0, interval.toNanos(), TimeUnit.NANOSECONDS);
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "persistence-metrics");
    thread.setDaemon(true);
    return thread;
  }

  private void ask(Runnable question) {
    if (thread.isShutdown()) {
      return;
    }
    try {
      question.run();
    } catch (RuntimeException | Error e) {
      LOG.warn("figures could not be had; the next attempt follows", e);
    }
  }

  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.info("a question about figures is still waiting for its answer");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
