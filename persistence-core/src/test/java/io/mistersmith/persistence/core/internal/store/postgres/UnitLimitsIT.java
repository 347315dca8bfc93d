package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How long the statements of a unit of work may take. */
@Tag("contract")
class UnitLimitsIT {

  private final PostgresDatabase database = PostgresDatabase.create();

  @Test
  void theWaitForAConnectionIsNotTakenOffTheStatementsOfAUnit() {
    try (PostgresStore store = PostgresDatabase.open(database.config())) {
      int rows =
          CallDeadline.within(
              Duration.ofMillis(300), // as if the wait had left so much
              () ->
                  store
                      .sql()
                      .inTransaction(
                          SqlOptions.of("sleep"),
                          unit -> unit.query("SELECT pg_sleep(1)", Map.of()).size()));
      assertThat(rows).isOne();
      assertThat(store.sql().agents().find(AgentQuery.active())).isEmpty();
    }
  }
}
