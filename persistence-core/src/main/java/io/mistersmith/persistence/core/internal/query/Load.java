package io.mistersmith.persistence.core.internal.query;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A load that is under way in this process.
 *
 * @param <T> the type of the result
 */
final class Load<T> {

  private final CompletableFuture<Optional<T>> result = new CompletableFuture<>();
  private final Thread loader = Thread.currentThread();
  private volatile Optional<Footing> footing = Optional.empty();

  CompletableFuture<Optional<T>> result() {
    return result;
  }

  /** Whether the caller is inside this load itself, and would wait for ever. */
  boolean isMine() {
    return loader == Thread.currentThread();
  }

  /** To be called before the source is asked. */
  void beginsOn(Footing found) {
    footing = Optional.of(found);
  }

  /**
   * Whether its result may be given to a caller who saw this before it waited. Where the bucket did
   * not answer the one of them, it must not have answered the other.
   */
  boolean serves(Optional<View> seen) {
    return footing.isPresent()
        ? seen.isPresent() && seen.get().sees(footing.get())
        : seen.isEmpty();
  }
}
