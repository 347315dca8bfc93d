package io.mistersmith.persistence.core.internal.guard;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.StoreEvent.CallRetried;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Repeats one call that failed, within its deadline. For one call. */
final class Repetition<T> {

  private static final int ATTEMPTS = 3;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final Guard guard;
  private final GuardedRole role;
  private final StoreCall operation;
  private final Supplier<? extends T> call;
  private final PersistenceException first;
  private final long deadline;
  private final Duration left;
  private final Backoff pauses = Backoff.withFullJitter(FIRST_PAUSE, LONGEST_PAUSE);
  private final List<PersistenceException> failed = new ArrayList<>(ATTEMPTS);

  Repetition(
      Guard guard,
      GuardedRole role,
      StoreCall operation,
      Supplier<? extends T> call,
      PersistenceException first,
      Duration left) {
    this.guard = guard;
    this.role = role;
    this.operation = operation;
    this.call = call;
    this.first = first;
    this.left = left;
    this.deadline = guard.ticker().nanos() + left.toNanos();
  }

  /** Returns the answer of the attempt that succeeds, or throws the failure of the last one. */
  T run() {
    if (left.isNegative() || left.isZero()) {
      throw first;
    }
    RetryPolicy<T> policy =
        RetryPolicy.<T>builder()
            .handleIf(this::isWorthAnother)
            .withMaxAttempts(ATTEMPTS)
            .withMaxDuration(left)
            .withDelayFn(context -> pauses.next())
            .onRetryScheduled(event -> retried(event.getAttemptCount() + 1, event.getDelay()))
            .build();
    try {
      return Failsafe.with(policy)
          .get(
              context -> {
                if (context.isFirstAttempt()) {
                  throw first;
                }
                return again();
              });
    } catch (PersistenceException e) {
      failed.stream().filter(earlier -> earlier != e).forEach(e::addSuppressed);
      throw e;
    } catch (FailsafeException e) {
      // Interrupted in a pause; Failsafe has set the thread's flag again.
      first.addSuppressed(e);
      throw first;
    }
  }

  private T again() {
    long began = guard.ticker().nanos();
    Duration rest = Duration.ofNanos(Math.max(1, deadline - began));
    return CallDeadline.within(rest, () -> role.attempt(operation, call, began));
  }

  private boolean isWorthAnother(Throwable failure) {
    if (!(failure instanceof PersistenceException typed)
        || guard.isRefusal(typed)
        || !operation.repeat().allows(typed.error())) {
      return false;
    }
    failed.add(typed);
    return true;
  }

  private void retried(int attempt, Duration pause) {
    if (guard.hearsRetries() && !failed.isEmpty()) {
      guard
          .listener()
          .on(
              new CallRetried(
                  role.circuit().store(),
                  role.circuit().role(),
                  operation.name(),
                  attempt,
                  failed.get(failed.size() - 1).error(),
                  pause));
    }
  }
}
