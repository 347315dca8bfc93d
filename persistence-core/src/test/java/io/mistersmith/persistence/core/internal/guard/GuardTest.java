package io.mistersmith.persistence.core.internal.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.core.internal.base.ManualTicker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.guard.Fallback;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls of the application with fallbacks. */
class GuardTest {

  private final Guard guard =
      new Guard(
          PersistenceListener.of(PersistenceEvent.class, event -> {}),
          new ManualTicker(),
          Clock.systemUTC());

  @Test
  void aFallbackThatThrowsLeavesTheFailureAndTheNextFallback() {
    TransientPersistenceException away =
        new TransientPersistenceException(DataError.UNAVAILABLE, "away");
    IllegalStateException own = new IllegalStateException("no estimate");
    Fallback<Integer> broken =
        Fallback.reducedAccuracy(
            () -> {
              throw own;
            });
    assertThat(guard.call("count", () -> fail(away), List.of(broken, Fallback.value(7))).value())
        .isEqualTo(7);
    assertThatThrownBy(() -> guard.call("count", () -> fail(away), List.of(broken)))
        .isSameAs(away)
        .hasSuppressedException(own);
  }

  @Test
  void aCallThatSucceedsEndsWhatItsSettingsRefused() {
    NonTransientPersistenceException refused =
        new NonTransientPersistenceException(DataError.MISCONFIGURED, "no such bucket");
    assertThatThrownBy(() -> guard.call("count", () -> fail(refused), List.of())).isSameAs(refused);
    assertThat(guard.escalations()).hasSize(1);
    assertThat(guard.call("count", () -> 1, List.of()).isFresh()).isTrue();
    assertThat(guard.escalations()).isEmpty();
  }

  private static Integer fail(RuntimeException failure) {
    throw failure;
  }
}
