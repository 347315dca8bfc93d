package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.spi.sql.CheckpointStore.NewCheckpoint;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints in PostgreSQL, beyond what every store must do. */
@Tag("contract")
class PostgresCheckpointStoreIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private PostgresDatabase database;
  private PostgresStore store;
  private AgentId agent;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
    agent = store.sql().agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    JournalPosition position =
        store.sql().journals().startEpoch("TEST", Optional.empty(), 1, Instant.EPOCH, "first");
    store
        .sql()
        .journals()
        .apply(
            position,
            position.advancedTo(2, Changes.WRITTEN),
            List.of(
                put(agent, "k", "1", position.epoch(), 1),
                put(agent, "l", "2", position.epoch(), 2)));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private Checkpoint create() {
    return store
        .sql()
        .checkpoints()
        .create(
            new NewCheckpoint(
                UUID.randomUUID(),
                agent,
                "TEST",
                Optional.empty(),
                Instant.now(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false));
  }

  @Test
  void oneThatWasChangedBehindItsBackIsNotRestored() {
    for (String change :
        List.of(
            "state_snapshot #- '{entries,_.k}'",
            "jsonb_set(state_snapshot, '{format}', '2')",
            "state_snapshot - 'format'")) {
      Checkpoint made = create();
      assertThat(store.sql().checkpoints().entries(made.id())).hasSize(2);
      database.execute(
          "UPDATE agents.checkpoints SET state_snapshot = %s WHERE checkpoint_id = '%s'"
              .formatted(change, made.id()));
      assertThatThrownBy(() -> store.sql().checkpoints().entries(made.id()))
          .as(change)
          .hasMessageContaining(made.id().toString())
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.CONSISTENCY_VIOLATION));
    }
  }

  /** As its foreign key does when the agent's row was changed since the snapshot. */
  @Test
  void whatRepeatableReadRefusesIsTriedAgainButNotForEver() {
    database.execute(
        """
        CREATE SEQUENCE agents.attempts;
        CREATE FUNCTION agents.refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
        BEGIN
          IF nextval('agents.attempts') NOT IN (3, 4) THEN
            RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON agents.checkpoints
          FOR EACH ROW EXECUTE FUNCTION agents.refuse();
        """);
    assertThat(create().entries()).isEqualTo(2);
    assertThat(create().entries()).isEqualTo(2);
    assertThatThrownBy(this::create)
        .hasMessageContaining(agent.toString())
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.TRANSACTION_CONFLICT));
    assertThat(database.query("SELECT last_value FROM agents.attempts")).containsExactly("9");
    assertThat(store.sql().checkpoints().list(agent)).hasSize(2);
  }

  /** Held between the position, which it has read, and the rows. */
  @Test
  void rowsThatAreCommittedWhileItIsMadeAreNotInIt() throws Exception {
    try (Connection flush = database.connect();
        Statement statement = flush.createStatement()) {
      flush.setAutoCommit(false);
      statement.execute("LOCK TABLE agents.dead_letters IN ACCESS EXCLUSIVE MODE");
      CompletableFuture<Checkpoint> creating = CompletableFuture.supplyAsync(this::create);
      await().atMost(SOON).until(this::isHeld);
      statement.execute("UPDATE agents.state SET version = 3, state_value = '3'");
      flush.commit();

      Checkpoint made = creating.get(SOON.toSeconds(), TimeUnit.SECONDS);

      assertThat(made.position().map(Revision.OfJournal::sequence)).contains(2L);
      assertThat(store.sql().checkpoints().entries(made.id()))
          .extracting(entry -> entry.revision().sequence())
          .containsExactly(1L, 2L);
    }
  }

  private boolean isHeld() {
    return database
        .query(
            """
            SELECT count(*) FROM pg_locks
             WHERE relation = 'agents.dead_letters'::regclass AND NOT granted
            """)
        .equals(List.of("1"));
  }
}
