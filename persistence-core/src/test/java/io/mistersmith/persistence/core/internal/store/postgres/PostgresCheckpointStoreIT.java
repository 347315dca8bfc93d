package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.core.internal.store.postgres.Changes.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.spi.AgentStore;
import io.mistersmith.persistence.spi.JournalPosition;
import io.mistersmith.persistence.spi.NewCheckpoint;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints in PostgreSQL, beyond what every store must do. */
@Tag("contract")
class PostgresCheckpointStoreIT {

  private static final int CREATIONS = 200;

  private PostgresDatabase database;
  private PostgresStore store;
  private UUID agent;

  @BeforeEach
  void open() {
    database = PostgresDatabase.create();
    store = database.open();
    agent = store.agents().save(Agent.of("worker", "one"), AgentStore.NONE).agent().id();
    JournalPosition position =
        store.journals().startEpoch("TEST", Optional.empty(), 1, Instant.EPOCH, "first");
    store
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
            "state_snapshot #- '{entries,k}'",
            "jsonb_set(state_snapshot, '{format}', '2')",
            "state_snapshot - 'format'")) {
      Checkpoint made = create();
      assertThat(store.checkpoints().entries(made.id())).hasSize(2);
      database.execute(
          "UPDATE agents.checkpoints SET state_snapshot = %s WHERE checkpoint_id = '%s'"
              .formatted(change, made.id()));
      assertThatThrownBy(() -> store.checkpoints().entries(made.id()))
          .as(change)
          .hasMessageContaining(made.id().toString())
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.CONSISTENCY_VIOLATION));
    }
  }

  /** Its foreign key locks the agent's row, which Repeatable Read refuses when it was changed. */
  @Test
  void anAgentWhoseRowChangesMeanwhileIsNoReasonToFail() throws Exception {
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Void> changing =
        CompletableFuture.runAsync(
            () -> {
              while (!stop.get()) {
                database.execute("UPDATE agents.registry SET last_heartbeat = clock_timestamp()");
              }
            });
    try {
      for (int i = 0; i < CREATIONS; i++) {
        assertThat(create().entries()).isEqualTo(2);
      }
    } finally {
      stop.set(true);
      changing.get(30, TimeUnit.SECONDS);
    }
    assertThat(store.checkpoints().list(agent)).hasSize(CREATIONS);
  }
}
