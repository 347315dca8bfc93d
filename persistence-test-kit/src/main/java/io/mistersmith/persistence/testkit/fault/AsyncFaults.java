package io.mistersmith.persistence.testkit.fault;

import io.mistersmith.persistence.error.PersistenceException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Puts faults on asynchronous calls. Faults before the call happen on the caller's thread, so that
 * the order of its calls is kept; faults after it, on the thread that completes it.
 */
final class AsyncFaults {

  private AsyncFaults() {}

  /** The result fails with the failure itself, as the real one does, not with a wrapper of it. */
  static <T> CompletableFuture<T> later(
      Faults faults, Call call, Supplier<CompletableFuture<T>> action, Runnable onSuccess) {
    boolean lostAcknowledgement;
    try {
      lostAcknowledgement = faults.before(call);
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<T> result = new CompletableFuture<>();
    var unused =
        action
            .get()
            .whenComplete(
                (value, failure) -> {
                  try {
                    if (failure != null) {
                      result.completeExceptionally(failure);
                    } else {
                      onSuccess.run();
                      faults.on(call).after(lostAcknowledgement);
                      result.complete(value);
                    }
                  } catch (PersistenceException e) {
                    result.completeExceptionally(e);
                  }
                });
    return result;
  }
}
