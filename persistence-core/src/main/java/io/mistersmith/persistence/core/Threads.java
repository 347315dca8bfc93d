package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The threads of asynchronous calls. */
final class Threads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Threads.class);
  private static final int CALLS = 8;
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final ThreadPoolExecutor calls = LibraryThreads.onDemand("persistence-call", CALLS);
  private final ThreadPoolExecutor commits = LibraryThreads.onDemand("persistence-commit", CALLS);

  /** For the parts of asynchronous calls that block. */
  Executor calls() {
    return calls;
  }

  /** For asynchronous writes that wait for PostgreSQL, which may be away. */
  Executor commits() {
    return commits;
  }

  /**
   * Takes no more calls, and waits for those that were taken; commits first, which end as calls.
   */
  @Override
  public void close() {
    Deadline deadline = Deadline.after(PATIENCE);
    for (ThreadPoolExecutor executor : List.of(commits, calls)) {
      executor.shutdown();
      awaitEnd(executor, deadline);
    }
  }

  /**
   * Ends what {@link #close} has left, once the stores are closed: each call then fails as closed,
   * so that its future completes.
   */
  void endLeftCalls() {
    for (ThreadPoolExecutor executor : List.of(commits, calls)) {
      if (!executor.isTerminated()) {
        endLeftCalls(executor);
      }
    }
  }

  private static void endLeftCalls(ThreadPoolExecutor executor) {
    for (Runnable call : executor.shutdownNow()) {
      try {
        call.run();
      } catch (Throwable e) {
        LOG.warn("a call that was still waiting when the engine was closed failed", e);
      }
    }
  }

  private static void awaitEnd(ThreadPoolExecutor executor, Deadline deadline) {
    try {
      boolean ended = executor.awaitTermination(deadline.left().toMillis(), TimeUnit.MILLISECONDS);
      LOG.debug("all asynchronous calls ended: {}", ended);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
