package io.mistersmith.persistence.core.internal.state.lifecycle;

import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.core.internal.base.LibraryThreads;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One hydration under way, and its waiting callers. Thread-safe. */
final class HydrationFlight {

  private static final Logger LOG = LoggerFactory.getLogger(HydrationFlight.class);

  /** A hydration ends by itself, since each of its calls does; this is for a JVM that stalls. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final AgentId agent;
  private final List<Consumer<Hydration.Progress>> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Hydration> landed = new CompletableFuture<>();

  HydrationFlight(AgentId agent) {
    this.agent = agent;
  }

  AgentId agent() {
    return agent;
  }

  void follow(Consumer<Hydration.Progress> listener) {
    listeners.add(listener);
  }

  void report(Hydration.Progress progress) {
    for (Consumer<Hydration.Progress> listener : listeners) {
      try {
        listener.accept(progress);
      } catch (Throwable e) {
        LOG.warn("agent {}: a listener of its hydration failed; the hydration goes on", agent, e);
      } finally {
        LibraryThreads.dropInterrupt("a listener of a hydration");
      }
    }
  }

  void land(Hydration hydration) {
    landed.complete(hydration);
  }

  void fail(Throwable failure) {
    landed.completeExceptionally(failure);
  }

  /**
   * Returns a separate future for each caller, so that no caller can complete it for the others. It
   * fails with the failure itself, not with a wrapper.
   */
  CompletableFuture<Hydration> landing() {
    CompletableFuture<Hydration> own = new CompletableFuture<>();
    var unused =
        landed.whenComplete(
            (hydration, failure) -> {
              if (failure == null) {
                own.complete(hydration);
              } else {
                own.completeExceptionally(failure);
              }
            });
    return own;
  }

  Hydration await() {
    try {
      return landed.get(LONGEST.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw cause instanceof RuntimeException failure ? failure : new CompletionException(cause);
    } catch (TimeoutException e) {
      throw notAwaited("is not over after " + LONGEST, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw notAwaited("goes on, but the wait for it was interrupted", e);
    }
  }

  private PersistenceException notAwaited(String what, Exception cause) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED, "agent " + agent + ": the hydration " + what, cause);
  }
}
