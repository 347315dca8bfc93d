package io.mistersmith.persistence.core.internal.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import org.junit.jupiter.api.Test;

class ConflictsTest {

  private static String lose() {
    throw new TransientPersistenceException(DataError.VERSION_CONFLICT, "another was faster");
  }

  @Test
  void anInterruptBetweenAttemptsFailsTypedAndIsKept() {
    Thread.currentThread().interrupt();
    TransientPersistenceException failure =
        catchThrowableOfType(
            TransientPersistenceException.class, () -> Conflicts.retry(ConflictsTest::lose));
    assertThat(Thread.interrupted()).as("the interrupt").isTrue();
    assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
  }
}
