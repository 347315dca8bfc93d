package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Counts what becomes of the outbox's rows. It has a pool of its own: what the sessions of another
 * test have updated they may report seconds later.
 */
class OutboxDeadRowsIT extends OnOutbox {

  /** Nothing is updated or deleted, so that nothing has to be removed by VACUUM. */
  @Test
  void noRowDiesWhileOldRowsAreSeen() throws SQLException {
    database.execute("SELECT pg_stat_reset()");
    try (Connection open = database.connect();
        Statement old = open.createStatement()) {
      open.setAutoCommit(false);
      old.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      old.execute("SELECT 1 FROM agents.state");
      for (int i = 0; i < 100; i++) {
        database.execute(insert("key" + i));
        assertThat(drained()).hasSize(1);
      }
    }
    // An idle connection of the pool reports what it counted after up to 10 s.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(
                        database.query(
                            """
                            SELECT sum(n_tup_ins) >= 300
                              FROM pg_stat_all_tables WHERE schemaname = 'events'
                            """))
                    .containsExactly("t"));
    assertThat(
            database.query(
                """
                SELECT relname FROM pg_stat_all_tables
                 WHERE schemaname = 'events' AND n_dead_tup + n_tup_upd + n_tup_del > 0
                """))
        .isEmpty();
  }
}
