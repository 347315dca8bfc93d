package io.mistersmith.persistence.guard;

import io.mistersmith.persistence.error.PersistenceException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Stands between the engine and its stores: repeats what is safe to repeat, spares callers a store
 * that fails call after call, and answers in its place where the application says how.
 *
 * <p>The engine's own calls go through it without being asked to. Each has a breaker for its store
 * and role: a bucket in NATS, or a role of the connections to PostgreSQL. After 5 failures in a
 * row, or 10 among the last 20 calls, the breaker opens and calls fail at once as {@code
 * UNAVAILABLE}. Three trial calls decide whether it closes: after 1 s at first, after twice as long
 * each time they fail, 30 s at most, and at once when the store says that it is back. The flush has
 * no breaker; nothing that callers do holds it up.
 *
 * <pre>{@code
 * StoreGuard.Answer<Long> count =
 *     persistence.guard().call(
 *         "count sessions",
 *         () -> sessions.keys(owner, "").size(),
 *         List.of(Fallback.cached(owner, Duration.ofMinutes(5)), Fallback.value(0)));
 * }</pre>
 *
 * <p>Thread-safe.
 */
public interface StoreGuard {

  /**
   * Runs a call. If it fails because a store cannot be reached, gives no answer in time, or has no
   * connection or room left, the first of the fallbacks that has an answer takes its place.
   * Conflicts, refusals, and writes whose outcome is unknown have no fallback.
   *
   * @param operation names the kind of call in events and meters; no ids
   * @param call runs once, on the caller's thread; the calls of this library in it are repeated as
   *     always
   * @param fallbacks in the order in which they are tried
   * @throws PersistenceException the failure of the call, when no fallback has an answer; those of
   *     fallbacks are suppressed
   */
  <T> Answer<T> call(
      String operation, Supplier<? extends T> call, List<? extends Fallback<T>> fallbacks);

  /** {@link #call(String, Supplier, List)} with one fallback. */
  default <T> Answer<T> call(String operation, Supplier<? extends T> call, Fallback<T> fallback) {
    return call(operation, call, List.of(fallback));
  }

  /** Returns the breaker of each store and role that was called. Asks no server. */
  List<Breaker> breakers();

  /** Returns what waits for an operator, the oldest first; the latest 100. */
  List<Escalation> escalations();

  /** Forgets an escalation that was dealt with. The next failure of its kind is a new one. */
  void acknowledge(Escalation escalation);

  /**
   * The answer to a call.
   *
   * @param value the answer
   * @param fallback where it is from; empty when the call itself succeeded
   * @param age how old it is, if it is a cached one
   * @param cause why the call failed, if it did
   */
  record Answer<T>(
      T value,
      Optional<Fallback.Kind> fallback,
      Optional<Duration> age,
      Optional<PersistenceException> cause) {

    /** Whether the call itself succeeded. */
    public boolean isFresh() {
      return fallback.isEmpty();
    }
  }

  /**
   * The breaker of a store and role.
   *
   * @param store {@code nats} or {@code postgresql}
   * @param role the bucket, or the role of the connections
   * @param state its state
   * @param since since when, by this process's clock
   */
  record Breaker(String store, String role, State state, Instant since) {

    /** The states of a breaker. */
    public enum State {
      /** Calls pass. */
      CLOSED,
      /** Calls fail at once. */
      OPEN,
      /** Three calls are let through to see whether the store answers. */
      HALF_OPEN
    }
  }
}
