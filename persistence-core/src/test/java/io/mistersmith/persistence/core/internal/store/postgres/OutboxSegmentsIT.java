package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tables of the outbox: how they are read, emptied and moved to another server. */
class OutboxSegmentsIT extends OnOutbox {

  @Test
  void aTransactionThatSeesOldDataIsRefused() {
    database.execute(insert("a"));
    for (SqlOptions.Isolation isolation :
        List.of(SqlOptions.Isolation.REPEATABLE_READ, SqlOptions.Isolation.SERIALIZABLE)) {
      SqlOptions options = SqlOptions.of("read too late").withIsolation(isolation);
      assertThatThrownBy(() -> store.sql().inTransaction(options, unit -> unit.outbox().next()))
          .hasMessageContaining("25000");
      assertThatThrownBy(() -> store.sql().inTransaction(options, unit -> unit.outbox().rotate()))
          .hasMessageContaining("25000");
      assertThatThrownBy(
              () ->
                  store
                      .sql()
                      .inTransaction(
                          options, unit -> unit.outbox().read(new Batch(1, Instant.EPOCH), 0, ALL)))
          .hasMessageContaining("25000");
    }
    assertThat(drained()).containsExactly("STATE_INSERT a");
  }

  @Test
  void segmentsAreEmptiedWhenAllInThemIsDone() throws SQLException {
    database.execute(insert("a"));
    try (Connection open = database.connect();
        Statement late = open.createStatement()) {
      open.setAutoCommit(false);
      late.execute(insert("late"));
      turn();
      assertThat(drained()).containsExactly("STATE_INSERT a");
      database.execute(insert("b"));
      turn();
      turn();
      assertThat(rows()).as("b is not done, and late is open").contains("a", "b");
      assertThat(drained()).containsExactly("STATE_INSERT b");
      database.execute(insert("c"));
      turn();
      assertThat(rows()).as("only what is done is gone").contains("a", "c").doesNotContain("b");
      open.commit();
    }
    assertThat(drained()).containsExactly("STATE_INSERT late", "STATE_INSERT c");
    turn();
    turn();
    assertThat(rows()).isEmpty();
  }

  /** Makes another segment the one that is written to, and empties what can be. */
  private static void turn() {
    database.execute("SELECT events.rotate(0)");
  }

  private static List<String> rows() {
    return database.query("SELECT state_key FROM events.outbox ORDER BY event_id");
  }

  @Test
  void whatIsWrittenToASegmentAfterItWasEmptiedIsRead() {
    database.execute(insert("a"));
    database.execute(
        """
        INSERT INTO events.outbox (segment, xid, at, kind, subject_id, state_key)
        SELECT s, pg_current_xact_id(), now(), 'state_insert', '%s', 'into ' || s
          FROM generate_series(0, 3) AS s
        """
            .formatted(AGENT));
    assertThat(drained())
        .containsExactly(
            "STATE_INSERT a",
            "STATE_INSERT into 0",
            "STATE_INSERT into 1",
            "STATE_INSERT into 2",
            "STATE_INSERT into 3");
  }

  @Test
  void aTransactionThatIsOlderThanAllTicksIsRead() throws SQLException {
    database.execute(
        "UPDATE events.ticks SET tick = 2046; UPDATE events.positions SET tick = 2046");
    try (Connection open = database.connect();
        Statement late = open.createStatement()) {
      open.setAutoCommit(false);
      late.execute(insert("late"));
      for (int i = 0; i < 6; i++) {
        database.execute(insert("k" + i));
        assertThat(drained()).containsExactly("STATE_INSERT k" + i);
      }
      assertThat(outbox().rotate()).isPositive();
      assertThat(database.query("SELECT min(tick) FROM events.ticks")).containsExactly("2048");
      database.execute(insert("before"));
      assertThat(drained()).containsExactly("STATE_INSERT before");
      open.commit();
    }
    assertThat(drained()).containsExactly("STATE_INSERT late");
    assertThat(outbox().position().tick()).isEqualTo(2054);
  }

  /** As after the restore of a dump on another server, where transaction ids start again. */
  @Test
  void whatIsNotDoneIsReadOnAnotherServer() {
    database.execute(insert("done"));
    assertThat(drained()).containsExactly("STATE_INSERT done");
    database.execute(insert("a,b"));
    Batch before = outbox().next().orElseThrow();
    database.execute(
        """
        UPDATE events.ticks
           SET server = 1, xid = (xid::text::bigint + 1000000)::text::xid8,
               snapshot = '900000000:900000000:'
         WHERE tick < %d;
        DELETE FROM events.ticks WHERE tick = %d;
        UPDATE events.outbox SET xid = (xid::text::bigint + 900000000)::text::xid8
         WHERE state_key <> 'done'
        """
            .formatted(before.tick(), before.tick()));
    database.execute(insert("c"));
    assertThat(outbox().next()).as("while it is adopted").isEmpty();
    database.execute(insert("d"));
    assertThat(drained())
        .containsExactly("STATE_INSERT a", "STATE_INSERT b", "STATE_INSERT c", "STATE_INSERT d");
    assertThat(drained()).isEmpty();
  }

  @Test
  void withoutTheSetThereIsNoOutbox() {
    PostgresDatabase plain = PostgresDatabase.create();
    try (PostgresStore other = plain.open()) {
      OutboxStore outbox = other.sql().outbox();
      assertThat(outbox.isInstalled()).isFalse();
      for (Runnable call :
          List.<Runnable>of(outbox::next, outbox::position, outbox::rotate, outbox::backlog)) {
        assertThatThrownBy(call::run)
            .hasMessageContaining("apply --set events")
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED));
      }
    }
  }
}
