package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.core.internal.store.postgres.PostgresFailures.Verdict;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SQLSTATE to typed failure, class by class. */
class PostgresFailuresTest {

  @ParameterizedTest
  @CsvSource({
    "08001, CONNECTION_FAILED, true",
    "08006, CONNECTION_FAILED, true",
    "25006, CONNECTION_FAILED, true",
    "25P03, CONNECTION_FAILED, true",
    "53100, UNAVAILABLE, true",
    "53200, UNAVAILABLE, true",
    "53300, UNAVAILABLE, true",
    "57014, TIMEOUT, true",
    "57P01, CONNECTION_FAILED, true",
    "57P02, CONNECTION_FAILED, true",
    "57P03, UNAVAILABLE, true",
    "58030, CONNECTION_FAILED, true",
    "40001, TRANSACTION_CONFLICT, true",
    "40P01, TRANSACTION_CONFLICT, true",
    "55P03, TRANSACTION_CONFLICT, true",
    "22P02, CONSTRAINT_VIOLATION, false",
    "22P05, CONSTRAINT_VIOLATION, false",
    "23502, CONSTRAINT_VIOLATION, false",
    "23503, CONSTRAINT_VIOLATION, false",
    "23505, DUPLICATE_KEY, false",
    "23514, CONSTRAINT_VIOLATION, false",
    "54001, CONSTRAINT_VIOLATION, false",
    "P0001, CONSTRAINT_VIOLATION, false",
    "28P01, ACCESS_DENIED, false",
    "28000, ACCESS_DENIED, false",
    "42501, ACCESS_DENIED, false",
    "3D000, MISCONFIGURED, false",
    "3F000, MISCONFIGURED, false",
    "42P01, MISCONFIGURED, false",
    "42703, MISCONFIGURED, false",
    "58A01, MISCONFIGURED, false",
    "26000, MISCONFIGURED, false",
    "42P05, MISCONFIGURED, false",
    "XX001, DATA_CORRUPTION, false",
    "XX002, DATA_CORRUPTION, false",
  })
  void namesWhatWasDoneAndTheState(String state, DataError error, boolean isTransient) {
    SQLException thrown = new SQLException("the driver's words", state);

    PersistenceException failure =
        PostgresFailures.of("read state a/b", new IllegalStateException(thrown));

    assertThat(failure.error()).isEqualTo(error);
    assertThat(failure.isTransient()).isEqualTo(isTransient);
    assertThat(failure).hasMessageStartingWith("read state a/b: SQLSTATE " + state);
    assertThat(failure).hasMessageNotContaining("words").hasCause(thrown);
  }

  @Test
  void saysHowToMendAMissingSchema() {
    assertThat(PostgresFailures.of("open", new SQLException("", "42P01")))
        .hasMessageContaining("PostgresConfig.Builder.migrateOnOpen()");
  }

  @ParameterizedTest
  @ValueSource(strings = {"26000", "42P05"})
  void namesThePoolerAndTheSettingWhereAStatementWasPreparedElsewhere(String state) {
    SQLException thrown = new SQLException("", state);

    assertThat(PostgresFailures.of("read", thrown))
        .hasMessageContaining("PgBouncer")
        .hasMessageContaining("PostgresConfig.Builder.pooler(TRANSACTION)");
    assertThat(PostgresFailures.verdict(thrown)).isEqualTo(Verdict.OUTAGE);
  }

  @Test
  void ranOutOfConnectionsSaysWhichLimitToRaise() {
    assertThat(PostgresFailures.of("read", new SQLTransientConnectionException("timed out")))
        .hasMessageContaining("raise maxConnections");
  }

  @Test
  void aPoolThatRanOutIsTransientWhateverItsState() {
    PersistenceException failure =
        PostgresFailures.of("read", new SQLTransientConnectionException("timed out", "28P01"));

    assertThat(failure.error()).isEqualTo(DataError.CONNECTION_FAILED);
    assertThat(failure.isTransient()).isTrue();
  }

  @Test
  void onlyDataIsRefusedRowByRow() {
    assertThat(PostgresFailures.verdict(new SQLException("", "22P02"))).isEqualTo(Verdict.REFUSED);
    assertThat(PostgresFailures.verdict(new SQLException("", "23503"))).isEqualTo(Verdict.REFUSED);
    assertThat(PostgresFailures.verdict(new SQLException("", "54001"))).isEqualTo(Verdict.REFUSED);
    assertThat(PostgresFailures.verdict(new SQLException("", "40001"))).isEqualTo(Verdict.OUTAGE);
    assertThat(PostgresFailures.verdict(new SQLException("", "42P01"))).isEqualTo(Verdict.REFUSED);
    assertThat(PostgresFailures.verdict(new SQLException("", "53100"))).isEqualTo(Verdict.OUTAGE);
    assertThat(PostgresFailures.verdict(new IllegalStateException())).isEqualTo(Verdict.OUTAGE);
  }
}
