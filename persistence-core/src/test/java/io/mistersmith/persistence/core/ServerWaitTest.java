package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which failures of an open are waited out. */
class ServerWaitTest {

  private final AtomicInteger attempts = new AtomicInteger();

  private String open(DataError first) {
    return new ServerWait(Duration.ofSeconds(20), PersistenceListener.NOOP)
        .until(
            () -> {
              if (attempts.getAndIncrement() == 0) {
                throw new TransientPersistenceException(first, "not yet");
              }
              return "opened";
            });
  }

  /** 57P03 is UNAVAILABLE, and so is a cluster of NATS without a leader. */
  @ParameterizedTest
  @EnumSource(names = {"CONNECTION_FAILED", "UNAVAILABLE", "TIMEOUT"})
  void aServerThatIsAwayOrStartingIsAwaited(DataError error) {
    assertThat(open(error)).isEqualTo("opened");
  }

  @Test
  void anyOtherFailureIsNot() {
    assertThatThrownBy(() -> open(DataError.TRANSACTION_CONFLICT)).hasMessage("not yet");
    assertThat(attempts).hasValue(1);
  }
}
