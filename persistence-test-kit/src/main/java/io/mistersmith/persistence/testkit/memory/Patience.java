package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;

/** How long a statement may take, and how long it may wait for a row that is held. */
record Patience(Duration statement, Duration lock) {

  static Patience of(PostgresConfig config) {
    return new Patience(config.statementTimeout(), config.role(PostgresRole.PRIMARY).lockTimeout());
  }

  /** Returns one whose statements take no longer than {@code limit}. */
  Patience atMost(Duration limit) {
    return limit.compareTo(statement) < 0 ? new Patience(limit, lock) : this;
  }
}
