package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import io.mistersmith.persistence.spi.sql.OutboxStore;
import io.mistersmith.persistence.spi.sql.OutboxStore.Batch;
import io.mistersmith.persistence.spi.sql.OutboxStore.Portion;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What other programs write, and how the tables of the outbox fare. */
class PostgresOutboxStoreIT {

  private static final Portion ALL = new Portion(10_000, 1 << 24, 1 << 20);
  private static final String AGENT = "11111111-1111-4111-8111-111111111111";

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresDatabase database;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static PostgresStore store;

  @BeforeAll
  static void open() {
    database = PostgresDatabase.create("events");
    store = database.open();
  }

  @AfterAll
  static void close() {
    store.close();
  }

  @BeforeEach
  void empty() {
    database.execute(
        """
        DELETE FROM tasks.queue; DELETE FROM agents.registry; TRUNCATE agents.state;
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        VALUES ('%s', 'w', 'p');
        """
            .formatted(AGENT));
    database.execute(PostgresFixture.EMPTY_OUTBOX);
  }

  private static OutboxStore outbox() {
    return store.sql().outbox();
  }

  private static List<OutboxChange> drain() {
    List<OutboxChange> changes = new ArrayList<>();
    for (Optional<Batch> batch = outbox().next(); batch.isPresent(); batch = outbox().next()) {
      changes.addAll(outbox().read(batch.get(), 0, ALL));
      assertThat(outbox().done(batch.get(), Map.of())).isTrue();
    }
    return changes;
  }

  private static List<String> drained() {
    return drain().stream()
        .map(
            change ->
                change.kind()
                    + " "
                    + change
                        .stateKey()
                        .orElseGet(
                            () ->
                                change
                                    .payload()
                                    .orElseThrow()
                                    .replaceAll(".*\"table\" : \"", "")
                                    .replaceAll("\".*", "")))
        .toList();
  }

  private static String insert(String keys) {
    return """
    INSERT INTO agents.state (agent_id, state_key, state_value)
    SELECT '%s', key, '1' FROM unnest(string_to_array('%s', ',')) AS key
    """
        .formatted(AGENT, keys);
  }

  /** The partition that the rows are in. */
  private static String partition() {
    return database.query("SELECT tableoid::regclass FROM agents.state LIMIT 1").get(0);
  }

  @Test
  void truncationIsOneChange() {
    database.execute("TRUNCATE agents.state");
    assertThat(drained()).containsExactly("STATE_TRUNCATE agents.state");
    database.execute("TRUNCATE agents.state_3");
    assertThat(drained()).containsExactly("STATE_TRUNCATE agents.state_3");
    database.execute("TRUNCATE agents.state_3, agents.state_5");
    assertThat(drained())
        .containsExactlyInAnyOrder(
            "STATE_TRUNCATE agents.state_3", "STATE_TRUNCATE agents.state_5");
    database.execute("TRUNCATE agents.registry CASCADE");
    assertThat(drained())
        .containsExactlyInAnyOrder("STATE_TRUNCATE agents.state", "TASK_TRUNCATE tasks.queue");
  }

  @Test
  void truncationIsNotedWhereItHappened() {
    database.execute(
        """
        TRUNCATE agents.state_3, agents.state;
        %s;
        TRUNCATE agents.state_3;
        TRUNCATE agents.state_3
        """
            .formatted(insert("a")));
    assertThat(drained())
        .containsExactly(
            "STATE_TRUNCATE agents.state",
            "STATE_INSERT a",
            "STATE_TRUNCATE agents.state_3",
            "STATE_TRUNCATE agents.state_3");
    database.execute("BEGIN; TRUNCATE agents.state; ROLLBACK");
    assertThat(drained()).isEmpty();
  }

  @Test
  void writesToAPartitionAreNotedOnce() {
    database.execute(insert("a,b"));
    String partition = partition();
    database.execute(insert("c").replace("agents.state", partition));
    database.execute("UPDATE %s SET version = 2 WHERE state_key = 'a'".formatted(partition));
    database.execute("DELETE FROM %s WHERE state_key = 'b'".formatted(partition));
    assertThat(drained())
        .containsExactly(
            "STATE_INSERT a",
            "STATE_INSERT b",
            "STATE_INSERT c",
            "STATE_UPDATE a",
            "STATE_DELETE b");
  }

  @Test
  void statementsOfAnyKindAreNoted() throws SQLException {
    database.execute(insert("a,b,c,gone"));
    drained();
    database.execute(
        """
        MERGE INTO agents.state AS s
        USING (VALUES ('a', FALSE), ('b', TRUE), ('new', FALSE)) AS v (key, gone)
           ON s.agent_id = '%1$s' AND s.state_key = v.key
         WHEN MATCHED AND v.gone THEN DELETE
         WHEN MATCHED THEN UPDATE SET version = 9
         WHEN NOT MATCHED THEN
              INSERT (agent_id, state_key, state_value) VALUES ('%1$s', v.key, '7')
        """
            .formatted(AGENT));
    assertThat(drained())
        .containsExactlyInAnyOrder("STATE_UPDATE a", "STATE_DELETE b", "STATE_INSERT new");
    database.execute("UPDATE agents.state SET version = 10 WHERE FALSE");
    database.execute("DELETE FROM agents.state WHERE FALSE");
    assertThat(drained()).isEmpty();
    try (Connection connection = database.connect()) {
      new org.postgresql.copy.CopyManager(
              connection.unwrap(org.postgresql.core.BaseConnection.class))
          .copyIn(
              "COPY agents.state (agent_id, state_key, state_value) FROM STDIN",
              new java.io.StringReader(AGENT + "\tcopied\t{}\n"));
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    assertThat(drained()).containsExactly("STATE_INSERT copied");
    database.execute("DELETE FROM agents.registry");
    assertThat(drained()).hasSize(5).allMatch(change -> change.startsWith("STATE_DELETE"));
  }

  @Test
  void aChangedKeyIsDeletedAndNew() {
    database.execute(insert("a,b,c"));
    drained();
    database.execute("UPDATE agents.state SET state_key = state_key || '2' WHERE state_key = 'a'");
    assertThat(drained()).containsExactlyInAnyOrder("STATE_DELETE a", "STATE_INSERT a2");
    database.execute(
        """
        BEGIN;
        UPDATE agents.state SET state_key = 'b2' WHERE state_key = 'b';
        UPDATE agents.state SET version = 5 WHERE state_key = 'c';
        COMMIT
        """);
    assertThat(drained())
        .containsExactlyInAnyOrder("STATE_DELETE b", "STATE_INSERT b2", "STATE_UPDATE c");
    // Into another partition.
    database.execute(
        """
        INSERT INTO agents.registry (agent_id, agent_type, agent_name)
        VALUES ('22222222-2222-4222-8222-222222222222', 'w', 'q');
        UPDATE agents.state SET agent_id = '22222222-2222-4222-8222-222222222222'
         WHERE state_key = 'c'
        """);
    List<OutboxChange> moved = drain();
    assertThat(moved)
        .extracting(change -> change.kind() + " " + change.subject().orElseThrow())
        .containsExactlyInAnyOrder(
            "STATE_DELETE " + AGENT, "STATE_INSERT 22222222-2222-4222-8222-222222222222");
  }

  @Test
  void bookkeepingOfTasksIsNoChange() {
    database.execute("INSERT INTO tasks.queue (task_type) VALUES ('t')");
    assertThat(drain()).hasSize(1);
    database.execute("UPDATE tasks.queue SET position = NULL");
    database.execute("UPDATE tasks.queue SET dependants = 3, updated_at = now()");
    assertThat(drain()).isEmpty();
    database.execute("UPDATE tasks.queue SET metadata = '{\"a\": 1}'");
    assertThat(drain())
        .extracting(OutboxChange::kind)
        .containsExactly(OutboxChange.Kind.TASK_UPDATED);
    database.execute("DELETE FROM tasks.queue");
    assertThat(drain().get(0).payload().orElseThrow()).contains("\"archived\" : false");
    database.execute("TRUNCATE tasks.queue CASCADE");
    assertThat(drained()).containsExactly("TASK_TRUNCATE tasks.queue");
  }

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

  /** As after a restore of a dump, where xids begin anew. */
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
    Awaitility.await()
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
