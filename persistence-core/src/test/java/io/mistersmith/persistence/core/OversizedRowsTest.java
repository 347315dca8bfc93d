package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.JournalPosition;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A row that KV cannot carry, such as one from before a limit was lowered. */
class OversizedRowsTest {

  private static final String JOURNAL = "EARLIER";
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int LARGE = 2 * 1024 * 1024;

  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final InMemoryStores stores = new InMemoryStores();
  private final Persistence persistence = Persistence.open(config, stores);
  private final StateRepository<String> states = persistence.states(String.class);
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey first = StateKey.of(agent.id(), "first");
  private final StateKey large = StateKey.of(agent.id(), "large");
  private final StateKey last = StateKey.of(agent.id(), "last");

  @BeforeEach
  void writeRows() {
    persistence.agents().save(agent);
    List<StateChange> changes = new ArrayList<>();
    for (StateKey key : List.of(first, large, last)) {
      String text = key.equals(large) ? "x".repeat(LARGE) : "saved";
      changes.add(
          new StateChange(
              key.toString(),
              Optional.of(key),
              Operation.PUT,
              ("\"" + text + "\"").getBytes(StandardCharsets.UTF_8),
              new Revision.OfJournal(1, changes.size() + 1),
              Instant.EPOCH,
              Optional.empty()));
    }
    try (Stores opened = stores.open(config)) {
      JournalPosition position =
          opened.sql().journals().startEpoch(JOURNAL, Optional.empty(), 1, Instant.EPOCH, "test");
      assertThat(
              opened
                  .sql()
                  .journals()
                  .apply(position, position.advancedTo(changes.size(), Instant.EPOCH), changes))
          .isNotNull();
    }
  }

  @AfterEach
  void close() {
    persistence.close();
  }

  @Test
  void hydrationLeavesItOutAndBringsItsNeighbours() {
    assertThat(persistence.lifecycle().hydrate(agent.id()).brought()).isEqualTo(2);
    assertThat(states.find(first).map(Versioned::value)).contains("saved");
    assertThat(states.find(large).map(Versioned::value)).contains("x".repeat(LARGE));
  }

  @Test
  void aRestoreThatNeedsItChangesNothing() {
    Checkpoint checkpoint =
        persistence.checkpoints().create(agent.id(), CheckpointOptions.full().withDeadline(SOON));
    states.save(first, "changed");
    states.delete(large);
    states.save(last, "changed");

    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> persistence.checkpoints().restore(checkpoint.id(), SOON))
        .satisfies(e -> assertThat(e.error()).isEqualTo(DataError.VALUE_TOO_LARGE))
        .withMessageContaining(large.toString());

    assertThat(states.find(first).map(Versioned::value)).contains("changed");
    assertThat(states.find(large)).isEmpty();
    assertThat(states.find(last).map(Versioned::value)).contains("changed");
  }
}
