package io.mistersmith.persistence.core.internal.store.nats;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Hands on what a future brings, without a future of its own that nobody would look at. */
final class Replies {

  private Replies() {}

  /** Exactly one of the two is called, once; neither may throw. */
  static <T> void deliver(
      CompletableFuture<T> future, Consumer<T> onValue, Consumer<Throwable> onFailure) {
    CompletableFuture<T> unused =
        future.whenComplete(
            (value, failure) -> {
              if (failure != null) {
                onFailure.accept(failure);
              } else {
                onValue.accept(value);
              }
            });
  }
}
