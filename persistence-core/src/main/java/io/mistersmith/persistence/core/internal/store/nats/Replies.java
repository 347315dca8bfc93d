package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Passes the result of a future to callbacks. */
final class Replies {

  private Replies() {}

  /**
   * Calls {@code onValue}, or {@code onFailure} when the future fails or {@code onValue} throws, an
   * Error included: what waits for an answer must learn of the end in any case. Application code
   * that runs in either cannot leave an interrupt on the connection's thread.
   */
  static <T> void deliver(
      CompletableFuture<T> future, Consumer<T> onValue, Consumer<Throwable> onFailure) {
    CompletableFuture<T> unused =
        future.whenComplete(
            (value, failure) -> {
              try {
                if (failure != null) {
                  onFailure.accept(failure);
                } else {
                  onValue.accept(value);
                }
              } catch (Throwable e) {
                onFailure.accept(e);
              } finally {
                LibraryThreads.dropInterrupt("what follows on a future of this library");
              }
            });
  }
}
