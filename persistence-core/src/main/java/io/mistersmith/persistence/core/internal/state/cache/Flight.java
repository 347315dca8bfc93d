package io.mistersmith.persistence.core.internal.state.cache;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One load under way, its waiting callers, and the changes of its key that were noticed meanwhile.
 * Thread-safe.
 *
 * @param <E> the type of the entries
 */
final class Flight<E extends Cacheable> {

  private final Coverage coverage;
  private final boolean asynchronous;
  private final CompletableFuture<Optional<E>> landed = new CompletableFuture<>();
  private @Nullable Revision latest;
  private boolean spoilt;

  Flight(Coverage coverage, boolean asynchronous) {
    this.coverage = coverage;
    this.asynchronous = asynchronous;
  }

  /** Returns the coverage of its key when it began. */
  Coverage coverage() {
    return coverage;
  }

  /** Notes that a write of this revision was noticed. */
  synchronized void overtake(Revision revision) {
    if (latest == null || revision.isAfter(latest)) {
      latest = revision;
    }
  }

  /** Notes that the key may have been changed to an unknown revision. */
  synchronized void spoil() {
    spoilt = true;
  }

  /** Returns whether the result can still be kept. */
  synchronized boolean mayKeep(Optional<E> found) {
    if (spoilt) {
      return false;
    }
    return latest == null || (found.isPresent() && !latest.isAfter(found.get().revision()));
  }

  /**
   * Returns whether a caller that arrives now may use its result: not after a change. A caller that
   * would block its thread may not wait for an asynchronous load, whose completion may need that
   * very thread.
   */
  synchronized boolean takes(Coverage now, boolean waiting) {
    return coverage == now && !spoilt && latest == null && !(waiting && asynchronous);
  }

  void land(Optional<E> found) {
    landed.complete(found);
  }

  void fail(Throwable failure) {
    landed.completeExceptionally(failure);
  }

  /** A future of the caller's own, completed by this executor: not by the thread that loads. */
  CompletableFuture<Optional<E>> landing(Executor executor) {
    CompletableFuture<Optional<E>> own = new CompletableFuture<>();
    var unused =
        landed
            .whenCompleteAsync(
                (found, failure) -> {
                  if (failure == null) {
                    own.complete(found);
                  } else {
                    own.completeExceptionally(failure);
                  }
                },
                executor)
            // The executor may refuse, and then nothing above has run.
            .whenComplete((found, failure) -> failRefused(own, failure));
    return own;
  }

  private static void failRefused(CompletableFuture<?> own, @Nullable Throwable failure) {
    if (failure != null) {
      own.completeExceptionally(failure);
    }
  }

  Optional<E> await(StateKey key, Duration longest) {
    try {
      return landed.get(longest.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw cause instanceof RuntimeException failure ? failure : new CompletionException(cause);
    } catch (TimeoutException e) {
      throw notAwaited(key, "another caller's read of it is not over after " + longest, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notAwaited(key, "interrupted while another caller read it", e);
    }
  }

  private static TransientPersistenceException notAwaited(
      StateKey key, String what, Exception cause) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED, "key " + key + ": " + what + "; try again", cause);
  }
}
