package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.operations.Health.Component;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Checks that ask the same server, one after the other on a thread of their own, so that a server
 * that does not answer holds up no other's checks. For one round at a time.
 */
final class CheckGroup {

  private final List<ComponentCheck> checks;
  private List<CompletableFuture<List<Component>>> results = List.of();

  /**
   * What a check came to.
   *
   * @param check its name
   * @param answered whether it ended in time, and did not fail
   * @param components what it found
   */
  record Result(String check, boolean answered, List<Component> components) {}

  CheckGroup(ComponentCheck... checks) {
    this.checks = List.of(checks);
  }

  /** Begins a round, unless the one before still waits for its server. */
  void begin(Executor executor) {
    if (!results.stream().allMatch(CompletableFuture::isDone)) {
      return;
    }
    List<CompletableFuture<List<Component>>> round =
        checks.stream().map(check -> new CompletableFuture<List<Component>>()).toList();
    results = round;
    try {
      executor.execute(
          () -> {
            for (int i = 0; i < checks.size(); i++) {
              run(checks.get(i), round.get(i));
            }
          });
    } catch (RuntimeException | Error e) {
      round.forEach(result -> result.completeExceptionally(e)); // closed meanwhile, or no thread
    }
  }

  private static void run(ComponentCheck check, CompletableFuture<List<Component>> result) {
    try {
      result.complete(check.check());
    } catch (Throwable e) {
      result.completeExceptionally(e); // the report names it
    }
  }

  /** Returns what the round has found by the deadline. */
  List<Result> results(Deadline deadline) {
    return IntStream.range(0, checks.size())
        .mapToObj(i -> result(checks.get(i), results.get(i), deadline))
        .toList();
  }

  private static Result result(
      ComponentCheck check, CompletableFuture<List<Component>> result, Deadline deadline) {
    try {
      return new Result(
          check.name(), true, result.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      return unanswered(check, text(e.getCause()));
    } catch (TimeoutException e) {
      return unanswered(check, "no answer in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unanswered(check, "the check was interrupted");
    }
  }

  private static String text(@Nullable Throwable cause) {
    return cause instanceof PersistenceException
        ? String.valueOf(cause.getMessage())
        : String.valueOf(cause);
  }

  private static Result unanswered(ComponentCheck check, String why) {
    return new Result(check.name(), false, check.unanswered(why));
  }
}
