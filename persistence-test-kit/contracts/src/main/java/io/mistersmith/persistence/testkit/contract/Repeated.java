package io.mistersmith.persistence.testkit.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Repeats calls on threads of their own until it is closed, which fails if one of them did. */
final class Repeated implements AutoCloseable {

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Future<?>> ends = new ArrayList<>();
  private volatile boolean stopped;

  void start(Callable<?> call) {
    ends.add(
        threads.submit(
            () -> {
              while (!stopped) {
                call.call();
              }
              return null;
            }));
  }

  @Override
  public void close() throws ExecutionException, TimeoutException {
    stopped = true;
    try {
      for (Future<?> end : ends) {
        end.get(60, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      threads.shutdownNow();
    }
  }
}
