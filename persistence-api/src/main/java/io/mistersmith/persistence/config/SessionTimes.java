package io.mistersmith.persistence.config;

import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.Optional;

/**
 * The time limits of a role's sessions. Those that are not given follow from the statement's.
 *
 * @param statement how long one statement may take
 * @param lock how long a statement waits for a lock
 * @param idleInTransaction how long a transaction may do nothing
 * @param leak how long a connection may be in use before the log says so
 */
record SessionTimes(
    Duration statement,
    Optional<Duration> lock,
    Optional<Duration> idleInTransaction,
    Optional<Duration> leak) {

  static final SessionTimes DEFAULT =
      new SessionTimes(
          Duration.ofSeconds(30), Optional.empty(), Optional.empty(), Optional.empty());

  private static final Duration TEN_SECONDS = Duration.ofSeconds(10);

  SessionTimes withStatement(Duration value) {
    Checks.positive("postgres.statementTimeout", value);
    return new SessionTimes(value, lock, idleInTransaction, leak);
  }

  SessionTimes withLock(Duration value) {
    Checks.positive("postgres.lockTimeout", value);
    return new SessionTimes(statement, Optional.of(value), idleInTransaction, leak);
  }

  SessionTimes withIdleInTransaction(Duration value) {
    Checks.positive("postgres.idleInTransactionTimeout", value);
    return new SessionTimes(statement, lock, Optional.of(value), leak);
  }

  SessionTimes withLeak(Duration value) {
    return new SessionTimes(statement, lock, idleInTransaction, Optional.of(value));
  }

  Duration lockOf(PostgresRole role) {
    Duration flush = shorter(statement.dividedBy(4), Duration.ofSeconds(5));
    return lock.orElse(role == PostgresRole.FLUSH ? flush : TEN_SECONDS);
  }

  Duration idleInTransactionOf(PostgresRole role) {
    return idleInTransaction.orElse(
        role == PostgresRole.REPLICA || role == PostgresRole.ANALYTICS
            ? Duration.ofSeconds(60)
            : shorter(statement, TEN_SECONDS));
  }

  /** Returns the limit of use of a connection that lives so long. */
  Duration leakWithin(Duration lifetime) {
    Duration twice = statement.multipliedBy(2);
    return leak.orElse(shorter(lifetime, twice.compareTo(TEN_SECONDS) < 0 ? TEN_SECONDS : twice));
  }

  static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }
}
