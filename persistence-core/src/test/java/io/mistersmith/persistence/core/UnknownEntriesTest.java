package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A bucket without an identity, as earlier versions made them, beside a database. */
class UnknownEntriesTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores();
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  /** Saves an entry, with its agent, as a runtime of this installation. */
  private void use() {
    try (Persistence persistence = Persistence.open(config, stores)) {
      persistence.agents().save(agent);
      StateRepository<String> states = persistence.states(String.class);
      states.save(key, "1");
      states.flush(key, SOON);
    }
  }

  /** Takes the identities off the buckets that {@link #use} made. */
  private void forget() {
    stores.forgetInstallation(Bucket.AGENT_STATE);
    stores.forgetInstallation(Bucket.AGENT_CONFIG);
    stores.forgetInstallation(Bucket.SESSION_DATA);
  }

  private void assertOpens() {
    try (Persistence persistence = Persistence.open(config, stores)) {
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
    }
  }

  @Test
  void aNewDatabaseBesideABucketWithEntriesIsRefused() {
    use();
    stores.replaceSql();
    forget();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Persistence.open(config, stores))
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> {
                assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED);
                assertThat(e.isTransient()).isFalse();
              })
          .hasMessageContaining("bucket AGENT_STATE")
          .hasMessageContaining("nats.namePrefix")
          .hasMessageContaining("TAKE_OVER");
    }
    try (Stores probe = stores.open(config)) {
      assertThat(probe.sql().deadLetters().openSubjects("AGENT_STATE")).isEmpty();
      assertThat(probe.sql().journals().position("AGENT_STATE")).isEmpty();
    }
  }

  @Test
  void aBucketIsTakenOverWhereThatIsWanted() {
    use();
    stores.replaceSql();
    forget();
    PersistenceConfig takeOver =
        config.toBuilder().unknownEntries(UnknownEntries.TAKE_OVER).build();
    assertThatThrownBy(() -> Persistence.open(takeOver, stores))
        .hasMessageContaining("not registered")
        .hasMessageContaining(agent.id().toString());
    try (Stores registering = stores.open(config)) {
      registering.sql().agents().save(agent, AgentStore.NONE);
    }
    try (Persistence persistence = Persistence.open(takeOver, stores)) {
      assertThat(persistence.states(String.class).find(key).orElseThrow().value()).isEqualTo("1");
    }
    try (Persistence persistence = Persistence.open(config, stores)) {
      assertThat(persistence.states(String.class).find(key)).isPresent();
    }
  }

  @Test
  void theDatabaseOfAnotherInstallationIsRefused() {
    use();
    InMemoryStores others = new InMemoryStores(ManualClock.create());
    try (Persistence other = Persistence.open(config, others)) {
      Agent theirs = Agent.of("test", "theirs");
      other.agents().save(theirs);
      StateRepository<String> states = other.states(String.class);
      states.save(StateKey.of(theirs.id(), "k"), "1");
      states.flush(StateKey.of(theirs.id(), "k"), SOON);
    }
    SqlSnapshot own = stores.snapshotSql();
    stores.restoreSql(others.snapshotSql());
    forget();
    assertThatThrownBy(() -> Persistence.open(config, stores))
        .hasMessageContaining("none of the agents of its entries is registered here")
        .hasMessageContaining("bucket AGENT_STATE");
    stores.restoreSql(own);
    assertOpens();
  }

  @Test
  void aNewDatabaseBesideAnEmptyBucketIsNot() {
    assertOpens();
    stores.replaceSql();
    forget();
    assertOpens();
  }

  @Test
  void aDatabaseThatKnewTheBucketOpensBesideANewOne() {
    use();
    stores.recreate(Bucket.AGENT_STATE);
    try (Stores writing = stores.open(config)) {
      long unused =
          writing
              .hot()
              .bucket(Bucket.AGENT_STATE)
              .writes()
              .publish(
                  key,
                  Operation.PUT,
                  "\"2\"".getBytes(StandardCharsets.UTF_8),
                  EntryMetadata.NONE,
                  HotWrites.ANY);
    }
    assertOpens();
    use();
    assertOpens();
  }
}
