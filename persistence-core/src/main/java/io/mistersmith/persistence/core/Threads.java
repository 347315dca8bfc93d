package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import java.time.Duration;
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

  /** For the parts of asynchronous calls that block. */
  Executor calls() {
    return calls;
  }

  /** Takes no more calls, and waits for those that were taken. */
  @Override
  public void close() {
    calls.shutdown();
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
}
