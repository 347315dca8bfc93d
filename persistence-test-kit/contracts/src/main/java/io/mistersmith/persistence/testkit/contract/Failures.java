package io.mistersmith.persistence.testkit.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/** How the contracts look at failures. */
final class Failures {

  private static final Set<DataError> PASSING =
      Set.of(
          DataError.VERSION_CONFLICT,
          DataError.CONNECTION_FAILED,
          DataError.TIMEOUT,
          DataError.UNAVAILABLE,
          DataError.POOL_EXHAUSTED,
          DataError.TRANSACTION_CONFLICT,
          DataError.OUTCOME_UNKNOWN);

  private Failures() {}

  /** The call fails so, typed as this kind of failure is, and says something. */
  static void assertFails(DataError error, ThrowingCallable call) {
    assertIs(error, catchThrowable(call));
  }

  /** The future completes with the failure itself, not with a wrapper. */
  static void assertFails(DataError error, CompletableFuture<?> future) throws Exception {
    assertIs(error, future.handle((value, failure) -> failure).get(60, TimeUnit.SECONDS));
  }

  /** All that a log would show of it. */
  static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  static void assertIs(DataError error, @Nullable Throwable failure) {
    assertThat(failure).isInstanceOf(PersistenceException.class);
    PersistenceException typed = (PersistenceException) failure;
    assertThat(typed.error()).as(typed.getMessage()).isEqualTo(error);
    assertThat(typed.isTransient()).as("transient").isEqualTo(PASSING.contains(error));
    assertThat(typed.getMessage()).as("message").isNotBlank();
  }
}
