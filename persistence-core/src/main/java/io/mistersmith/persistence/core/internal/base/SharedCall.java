package io.mistersmith.persistence.core.internal.base;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a call to a store on one thread for all that wait for it, each until its own deadline: a
 * store that does not answer delays no caller past its deadline, and does not block a thread for
 * each. Thread-safe.
 */
public final class SharedCall implements AutoCloseable {

  private final Runnable call;
  private final ThreadPoolExecutor thread;
  private final Object lock = new Object();
  private @Nullable CompletableFuture<Void> next;

  /** Makes {@code call} on a thread with this name, which ends when nothing waits. */
  public SharedCall(String name, Runnable call) {
    this.call = call;
    this.thread = LibraryThreads.onDemand(name, 1);
  }

  /**
   * Waits for a call that begins after this method was called.
   *
   * @return false when it did not end in time, or this was closed
   * @throws RuntimeException what the call threw
   */
  public boolean await(Deadline deadline) throws InterruptedException {
    try {
      CompletableFuture<Void> made = next();
      var unused = made.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException | CancellationException e) {
      return false;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private CompletableFuture<Void> next() {
    synchronized (lock) {
      CompletableFuture<Void> waiting = next;
      if (waiting == null) {
        waiting = new CompletableFuture<>();
        if (thread.isShutdown()) {
          boolean unused = waiting.cancel(false);
          return waiting;
        }
        next = waiting;
        CompletableFuture<Void> answer = waiting;
        thread.execute(() -> make(answer));
      }
      return waiting;
    }
  }

  private void make(CompletableFuture<Void> answer) {
    synchronized (lock) {
      next = null;
    }
    try {
      call.run();
      boolean unused = answer.complete(null);
    } catch (RuntimeException | Error e) {
      boolean unused = answer.completeExceptionally(e);
    }
  }

  /** Ends the thread; waits for nothing. Callers that wait give up at their deadlines. */
  @Override
  public void close() {
    var unused = thread.shutdownNow();
  }
}
