package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.agent.AgentQuery;
import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
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

  @Test
  void aUnitThatWasIdleForTooLongLosesItsOwnSessionAlone() {
    try (PostgresStore store =
        PostgresDatabase.open(database.config().toBuilder().connections(2, 2).build())) {
      Set<Integer> before = sessions(store);
      assertThatThrownBy(
              () ->
                  store
                      .sql()
                      .inTransaction(
                          SqlOptions.of("think").withIdleLimit(Duration.ofMillis(50)),
                          this::thinkForTooLong))
          .hasMessageContaining("25P03");
      Set<Integer> after = sessions(store);
      assertThat(after).hasSize(2);
      after.retainAll(before);
      assertThat(after).as("sessions that were kept").hasSize(1);
    }
  }

  private int thinkForTooLong(SqlUnit unit) {
    String own = "SELECT pid FROM pg_stat_activity WHERE pid = " + session(unit);
    Awaitility.await().until(() -> database.query(own).isEmpty());
    return session(unit);
  }

  /** Returns the sessions of two units at once. */
  private static Set<Integer> sessions(PostgresStore store) {
    Set<Integer> sessions = new HashSet<>();
    boolean unused =
        store
            .sql()
            .inTransaction(
                SqlOptions.of("one"),
                one ->
                    sessions.add(session(one))
                        && store
                            .sql()
                            .inTransaction(
                                SqlOptions.of("two"), two -> sessions.add(session(two))));
    return sessions;
  }

  private static int session(SqlUnit unit) {
    return unit.query("SELECT pg_backend_pid() AS pid", Map.of()).get(0).get("pid", Integer.class);
  }
}
