package io.mistersmith.persistence.core.internal.store.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore;
import io.mistersmith.persistence.spi.sql.JournalStore.ApplyResult;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.spi.sql.OutboxChange;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What other programs write, as the outbox notes it. */
class PostgresOutboxStoreIT extends OnOutbox {

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

  /** A fault of the outbox is none of the data: the flush waits and loses nothing. */
  @Test
  void whatCannotBeNotedIsNotWritten() {
    JournalStore journals = store.sql().journals();
    JournalPosition position =
        journals
            .position("NOTED")
            .orElseGet(
                () -> journals.startEpoch("NOTED", Optional.empty(), 1, Instant.EPOCH, "first"));
    JournalPosition next = position.advancedTo(position.sequence() + 1, Instant.EPOCH);
    StateChange change =
        Changes.put(AgentId.of(UUID.fromString(AGENT)), "k", "1", 1, position.sequence() + 1);
    database.execute("ALTER TABLE events.outbox RENAME COLUMN kind TO other");
    try {
      assertThatThrownBy(() -> journals.apply(position, next, List.of(change)))
          .isInstanceOf(PersistenceException.class);
      assertThatThrownBy(() -> database.execute(insert("a"))).hasMessageContaining("kind");
    } finally {
      database.execute("ALTER TABLE events.outbox RENAME COLUMN other TO kind");
    }
    assertThat(drained()).isEmpty();
    assertThat(store.sql().states().count()).isZero();
    assertThat(store.sql().deadLetters().count()).isZero();
    assertThat(journals.apply(position, next, List.of(change)))
        .isEqualTo(new ApplyResult.Applied(List.of()));
    assertThat(drained()).containsExactly("STATE_INSERT _.k");
  }
}
