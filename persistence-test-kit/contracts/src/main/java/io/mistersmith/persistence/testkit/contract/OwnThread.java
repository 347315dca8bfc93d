package io.mistersmith.persistence.testkit.contract;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Runs each blocking call on a thread of its own. The common pool would not do: on two processors
 * it has a single thread, and from JDK 25 on {@link CompletableFuture} uses it nevertheless.
 */
final class OwnThread {

  private static final Executor EXECUTOR =
      call -> {
        Thread thread = new Thread(call, "contract-call");
        thread.setDaemon(true);
        thread.start();
      };

  private OwnThread() {}

  static <T> CompletableFuture<T> supply(Supplier<T> call) {
    return CompletableFuture.supplyAsync(call, EXECUTOR);
  }

  static CompletableFuture<Void> run(Runnable call) {
    return CompletableFuture.runAsync(call, EXECUTOR);
  }
}
