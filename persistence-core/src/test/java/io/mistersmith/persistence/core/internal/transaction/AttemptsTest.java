package io.mistersmith.persistence.core.internal.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A COMMIT that is lost, over a store that does not say what became of it. */
class AttemptsTest {

  private static final Duration TIMEOUT = Duration.ofMillis(200);

  private final List<SqlOptions> asked = new ArrayList<>();

  @Test
  void theSearchForAnOutcomeKeepsTheTimeout() {
    TransactionOptions options =
        TransactionOptions.builder(Boundary.SINGLE_OPERATION, "try")
            .correlationId("one")
            .timeout(TIMEOUT)
            .build();
    Attempts<Integer> attempts =
        new Attempts<>(
            Optional.of(silent(SqlStore.class)::isCommitted),
            options,
            (unit, returned) -> {
              int unused = returned.by(transaction(options), 1);
              throw new TransientPersistenceException(DataError.OUTCOME_UNKNOWN, "lost");
            });
    assertThatThrownBy(attempts::run).hasMessage("lost");
    assertThat(asked)
        .isNotEmpty()
        .allSatisfy(
            unit ->
                assertThat(unit.deadline().orElseThrow())
                    .as("a second at least, so that it is asked in any case")
                    .isEqualTo(Duration.ofSeconds(1)))
        .allSatisfy(unit -> assertThat(unit.attempt()).isPresent());
  }

  private UnitTransaction transaction(TransactionOptions options) {
    return new UnitTransaction(silent(SqlUnit.class), options, silent(Repositories.class));
  }

  private <T> T silent(Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            AttemptsTest.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              asked.add((SqlOptions) arguments[0]);
              throw new TransientPersistenceException(DataError.TIMEOUT, "it holds the id");
            }));
  }
}
