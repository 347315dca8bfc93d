package io.mistersmith.persistence.core.internal.guard;

import static io.mistersmith.persistence.error.DataError.CONNECTION_FAILED;
import static io.mistersmith.persistence.error.DataError.CONSISTENCY_VIOLATION;
import static io.mistersmith.persistence.error.DataError.CONSTRAINT_VIOLATION;
import static io.mistersmith.persistence.error.DataError.DATA_CORRUPTION;
import static io.mistersmith.persistence.error.DataError.MISCONFIGURED;
import static io.mistersmith.persistence.error.DataError.POOL_EXHAUSTED;
import static io.mistersmith.persistence.error.DataError.Recovery.DEGRADE;
import static io.mistersmith.persistence.error.DataError.Recovery.ESCALATE;
import static io.mistersmith.persistence.error.DataError.Recovery.RETRY;
import static io.mistersmith.persistence.error.DataError.Recovery.USE_CACHE;
import static io.mistersmith.persistence.error.DataError.STORE_FULL;
import static io.mistersmith.persistence.error.DataError.TIMEOUT;
import static io.mistersmith.persistence.error.DataError.TRANSACTION_CONFLICT;
import static io.mistersmith.persistence.error.DataError.UNAVAILABLE;
import static io.mistersmith.persistence.error.DataError.VERSION_CONFLICT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.mistersmith.persistence.core.internal.store.nats.NatsTranslation;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresTranslation;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.DataError.Recovery;
import io.mistersmith.persistence.error.PersistenceException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The seeds' classification of errors (section 6.4), a row for each way it can arise here. */
class RecoveryTest {

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("classifications")
  void isClassified(
      String seed,
      PersistenceException failure,
      DataError error,
      boolean isTransient,
      Recovery action) {
    assertThat(failure.error()).as(seed).isEqualTo(error);
    assertThat(failure.isTransient()).as("transient").isEqualTo(isTransient);
    assertThat(failure.error().recovery()).isEqualTo(action);
  }

  static Stream<Arguments> classifications() {
    return Stream.of(
        arguments("CONNECTION_TIMEOUT", sql("57014"), TIMEOUT, true, RETRY),
        arguments(
            "CONNECTION_TIMEOUT",
            sql("08006", new SocketTimeoutException("Read timed out")),
            CONNECTION_FAILED,
            true,
            RETRY),
        arguments("CONNECTION_TIMEOUT", nats(new TimeoutException()), TIMEOUT, true, RETRY),
        arguments(
            "NETWORK_UNREACHABLE",
            sql("08001", new ConnectException("refused")),
            CONNECTION_FAILED,
            true,
            RETRY),
        arguments(
            "NETWORK_UNREACHABLE", nats(new IOException("reset")), CONNECTION_FAILED, true, RETRY),
        arguments(
            "DNS_FAILURE",
            sql("08001", new UnknownHostException("db.invalid")),
            CONNECTION_FAILED,
            true,
            RETRY),
        arguments(
            "DNS_FAILURE",
            nats(new UnknownHostException("nats.invalid")),
            CONNECTION_FAILED,
            true,
            RETRY),
        arguments("VERSION_CONFLICT", answer(400, 10071), VERSION_CONFLICT, true, RETRY),
        arguments("VERSION_CONFLICT", answer(400, 10164), VERSION_CONFLICT, true, RETRY),
        arguments("SERIALIZATION_FAILURE", sql("40001"), TRANSACTION_CONFLICT, true, RETRY),
        arguments("SERIALIZATION_FAILURE", sql("40P01"), TRANSACTION_CONFLICT, true, RETRY),
        arguments("CONNECTION_POOL_EXHAUSTED", pool(""), POOL_EXHAUSTED, true, DEGRADE),
        arguments("MEMORY_LIMIT_EXCEEDED", answer(500, 10028), STORE_FULL, false, DEGRADE),
        arguments("MEMORY_LIMIT_EXCEEDED", sql("53200"), UNAVAILABLE, true, USE_CACHE),
        arguments("CONSTRAINT_VIOLATION", sql("23514"), CONSTRAINT_VIOLATION, false, ESCALATE),
        arguments("DATA_CORRUPTION", sql("XX001"), DATA_CORRUPTION, false, ESCALATE),
        arguments("DATA_CORRUPTION", sql("XX002"), DATA_CORRUPTION, false, ESCALATE),
        arguments("SERVICE_UNAVAILABLE", sql("57P03"), UNAVAILABLE, true, USE_CACHE),
        arguments("SERVICE_UNAVAILABLE", pool("57P03"), UNAVAILABLE, true, USE_CACHE),
        arguments("SERVICE_UNAVAILABLE", sql("53300"), UNAVAILABLE, true, USE_CACHE),
        arguments("SERVICE_UNAVAILABLE", pool("53300"), UNAVAILABLE, true, USE_CACHE),
        arguments("SERVICE_UNAVAILABLE", sql("53100"), UNAVAILABLE, true, USE_CACHE),
        arguments(
            "SERVICE_UNAVAILABLE", NatsTranslation.ofNoResponders(), UNAVAILABLE, true, USE_CACHE),
        arguments("SERVICE_UNAVAILABLE", answer(503, 10008), UNAVAILABLE, true, USE_CACHE),
        arguments("RATE_LIMITED", answer(429, 10167), UNAVAILABLE, true, USE_CACHE),
        arguments("unknown", sql("42601"), MISCONFIGURED, false, ESCALATE),
        arguments(
            "unknown",
            PostgresTranslation.of(new IllegalStateException("odd")),
            CONSISTENCY_VIOLATION,
            false,
            ESCALATE));
  }

  private static PersistenceException sql(String state) {
    return PostgresTranslation.of(new SQLException("said so", state));
  }

  private static PersistenceException sql(String state, Throwable cause) {
    return PostgresTranslation.of(new SQLException("said so", state, cause));
  }

  private static PersistenceException pool(String state) {
    return PostgresTranslation.of(new SQLTransientConnectionException("timed out", state));
  }

  private static PersistenceException nats(Throwable thrown) {
    return NatsTranslation.of(thrown);
  }

  private static PersistenceException answer(int code, int error) {
    return NatsTranslation.ofAnswer(code, error);
  }
}
