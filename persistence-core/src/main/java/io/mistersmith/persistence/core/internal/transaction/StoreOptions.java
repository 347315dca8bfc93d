package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.Optional;

/** A transaction's options as a durable store is given them. */
final class StoreOptions {

  private StoreOptions() {}

  /**
   * Returns the options of a part of the application's own transaction, which keeps its settings
   * and time limits.
   */
  static SqlOptions joining(TransactionOptions options) {
    SqlOptions asked = SqlOptions.of(options.what()).withIsolation(isolation(options));
    return options.isReadOnly() ? asked.withReadOnly() : asked;
  }

  /** Returns the options of an attempt that must end within {@code left}. */
  static SqlOptions of(TransactionOptions options, Duration left) {
    SqlOptions asked = joining(options).withDeadline(left);
    if (options.role() != PostgresRole.PRIMARY) {
      asked = asked.withReadsFrom(options.role());
    }
    if (options.correlationId().isPresent()) {
      asked = asked.withCorrelationId(options.correlationId().get());
    }
    Optional<Duration> idle = options.boundary().idleLimit();
    if (idle.isPresent()) {
      asked = asked.withIdleLimit(idle.get());
    }
    if (options.agent().isPresent() && options.boundary() == Boundary.AGENT_TASK) {
      asked = asked.withApplicationName("agent_" + options.agent().get());
    }
    return asked;
  }

  /** Stores show no uncommitted rows. */
  private static Isolation isolation(TransactionOptions options) {
    return switch (options.isolation()) {
      case READ_UNCOMMITTED, READ_COMMITTED -> Isolation.READ_COMMITTED;
      case REPEATABLE_READ -> Isolation.REPEATABLE_READ;
      case SERIALIZABLE -> Isolation.SERIALIZABLE;
    };
  }
}
