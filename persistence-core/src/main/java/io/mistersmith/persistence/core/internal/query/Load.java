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
  private volatile Optional<LoadBasis> basis = Optional.empty();

  CompletableFuture<Optional<T>> result() {
    return result;
  }

  /** Whether the caller is inside this load itself, and would wait without end. */
  boolean isMine() {
    return loader == Thread.currentThread();
  }

  /** Call this before the source is asked. */
  void beginsOn(LoadBasis found) {
    basis = Optional.of(found);
  }

  /**
   * Returns whether its result may be given to a caller that saw this view before it waited. If the
   * bucket did not answer the load, the result serves only callers that it did not answer either.
   */
  boolean serves(Optional<View> seen) {
    return basis.isPresent() ? seen.isPresent() && seen.get().sees(basis.get()) : seen.isEmpty();
  }
}
