package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.Stores;
import io.mistersmith.persistence.spi.sql.AgentStore;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.testkit.memory.SqlSnapshot;
import io.mistersmith.persistence.testkit.time.ManualClock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Another installation's bucket, or its database, in the place of this one's. */
class OtherInstallationTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final InMemoryStores stores = new InMemoryStores(ManualClock.create());
  private final PersistenceConfig config = PersistenceConfig.inMemory().build();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  private Persistence open(InMemoryStores on) {
    return Persistence.open(config, on);
  }

  private Persistence takeOver() {
    return Persistence.open(
        config.toBuilder().unknownEntries(UnknownEntries.TAKE_OVER).build(), stores);
  }

  private void use(Persistence persistence) {
    persistence.agents().save(agent);
    states(persistence).save(key, "1");
    states(persistence).flush(key, SOON);
  }

  private static StateRepository<String> states(Persistence persistence) {
    return persistence.states(String.class);
  }

  private UUID installation() {
    try (Stores probe = stores.open(config)) {
      return probe.sql().journals().installation();
    }
  }

  private Optional<UUID> bearer(Bucket bucket) {
    try (Stores probe = stores.open(config)) {
      return probe.hot().bucket(bucket).journal().state().installation();
    }
  }

  private static void assertRefused(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> {
              assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED);
              assertThat(e.isTransient()).isFalse();
            })
        .hasMessageContainingAll(words);
  }

  private static void awaitNotice(Persistence persistence, String... words) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(persistence.operations().notices())
                    .anySatisfy(notice -> assertThat(notice).contains(words)));
  }

  private static void awaitNoNotice(Persistence persistence) {
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(persistence.operations().notices()).isEmpty());
  }

  @Test
  void openNamesTheBucketBothInstallationsAndTheWaysOut() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
    }
    UUID before = installation();
    stores.newInstallation();
    assertRefused(
        () -> open(stores),
        "bucket AGENT_STATE",
        before.toString(),
        installation().toString(),
        "nats.namePrefix",
        "TAKE_OVER");
  }

  @Test
  void everyBucketIsCompared() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
      persistence.queries("q", String.class).get("p", () -> "kept");
    }
    for (Bucket bucket : Bucket.values()) {
      assertThat(bearer(bucket)).as("%s", bucket).contains(installation());
    }
    UUID before = installation();
    stores.newInstallation();
    stores.forgetInstallation(Bucket.AGENT_STATE);
    assertRefused(() -> open(stores), before.toString(), installation().toString());
  }

  @Test
  void aRestoredDatabaseKeepsItsBuckets() {
    SqlSnapshot backup;
    try (Persistence persistence = open(stores)) {
      persistence.agents().save(agent);
      backup = stores.snapshotSql();
      use(persistence);
    }
    stores.restoreSql(backup);
    try (Persistence persistence = open(stores)) {
      assertThat(states(persistence).find(key)).isPresent();
      await()
          .atMost(SOON)
          .until(
              () -> {
                try (Stores probe = stores.open(config)) {
                  return probe.sql().states().find(key).isPresent();
                }
              });
    }
  }

  @Test
  void aBucketThatAnEarlierVersionMadeIsAdopted() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
    }
    for (Bucket bucket : new Bucket[] {Bucket.AGENT_STATE, Bucket.AGENT_CONFIG}) {
      stores.forgetInstallation(bucket);
      assertThat(bearer(bucket)).isEmpty();
    }
    try (Persistence persistence = open(stores)) {
      assertThat(states(persistence).find(key)).isPresent();
    }
    assertThat(bearer(Bucket.AGENT_STATE)).contains(installation());
    assertThat(bearer(Bucket.AGENT_CONFIG)).contains(installation());
  }

  @Test
  void aBucketIsTakenOverOnlyWithAgentsThatAreRegistered() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
    }
    stores.replaceSql();
    assertRefused(
        this::takeOver,
        "bucket AGENT_STATE is not taken over",
        "1 of its messages",
        agent.id().toString());
    assertThat(bearer(Bucket.AGENT_STATE)).isNotEqualTo(Optional.of(installation()));

    PersistenceConfig elsewhere =
        config.toBuilder().nats(config.nats().toBuilder().namePrefix("new-").build()).build();
    try (Persistence persistence = Persistence.open(elsewhere, stores)) {
      persistence.agents().save(agent);
    }
    try (Persistence persistence = takeOver()) {
      persistence.lifecycle().flush(key.agent(), SOON);
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
    }
    try (Stores probe = stores.open(config)) {
      assertThat(probe.sql().states().find(key))
          .as("flushed into the database that took over")
          .isPresent();
    }
    try (Persistence persistence = open(stores)) {
      assertThat(states(persistence).find(key).orElseThrow().value()).isEqualTo("1");
    }
  }

  @Test
  void aRuntimeWhoseBucketIsTakenOverStops() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
      SqlSnapshot own = stores.snapshotSql();
      stores.newInstallation();
      takeOver().close();
      stores.restoreSql(own);
      assertRefused(() -> states(persistence).save(key, "2"), "bucket AGENT_STATE", "TAKE_OVER");
      awaitNotice(persistence, "bucket AGENT_STATE", "belongs to installation");
    }
  }

  @Test
  void whatIsWrittenAfterATakeOverIsNotFlushedIntoTheDatabaseOfBefore() {
    InMemoryStores others = new InMemoryStores(ManualClock.create());
    Agent theirs = Agent.of("test", "theirs");
    StateKey theirKey = StateKey.of(theirs.id(), "k");
    try (Stores registering = others.open(config)) {
      registering.sql().agents().save(agent, AgentStore.NONE);
      registering.sql().agents().save(theirs, AgentStore.NONE);
    }
    try (Persistence persistence = open(stores)) {
      use(persistence);
      others.replaceHot(stores);
      try (Persistence other =
          Persistence.open(
              config.toBuilder().unknownEntries(UnknownEntries.TAKE_OVER).build(), others)) {
        states(other).save(theirKey, "theirs");
        states(other).flush(theirKey, SOON);
        awaitNotice(persistence, "bucket AGENT_STATE", "belongs to installation");
        assertThat(other.operations().deadLetters().open(10)).isEmpty();
      }
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
    }
    try (Stores probe = stores.open(config)) {
      assertThat(probe.sql().deadLetters().openSubjects("AGENT_STATE")).isEmpty();
      assertThat(probe.sql().states().find(theirKey)).isEmpty();
    }
  }

  @Test
  void aServerOfAnotherInstallationIsNeitherFlushedFromNorWrittenTo() {
    InMemoryStores others = new InMemoryStores(ManualClock.create());
    Agent theirs = Agent.of("test", "theirs");
    StateKey theirKey = StateKey.of(theirs.id(), "k");
    try (Persistence other = open(others)) {
      other.agents().save(theirs);
      states(other).save(theirKey, "theirs");
    }
    InMemoryStores home = new InMemoryStores(ManualClock.create());
    try (Persistence persistence = open(stores)) {
      use(persistence);
      home.replaceHot(stores);
      stores.replaceHot(others);
      assertRefused(() -> states(persistence).save(key, "2"), "bucket AGENT_STATE", "namePrefix");
      assertRefused(() -> states(persistence).find(theirKey), "bucket AGENT_STATE");
      awaitNotice(persistence, "bucket AGENT_STATE", installation().toString());
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      try (Stores probe = others.open(config)) {
        assertThat(probe.hot().bucket(Bucket.AGENT_STATE).journal().state().lastSequence())
            .isEqualTo(1);
      }

      stores.replaceHot(home);
      awaitNoNotice(persistence);
      states(persistence).save(key, "3");
      states(persistence).flush(key, SOON);
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
    }
  }

  @Test
  void aDatabaseOfAnotherInstallationIsNotFlushedInto() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
      SqlSnapshot own = stores.snapshotSql();
      stores.replaceSql();
      awaitNotice(persistence, "PostgreSQL answers as installation", installation().toString());
      assertRefused(() -> states(persistence).save(key, "2"), "PostgreSQL answers as installation");
      assertRefused(
          () -> persistence.agents().save(Agent.of("test", "late")),
          "PostgreSQL answers as installation");
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      try (Stores probe = stores.open(config)) {
        assertThat(probe.sql().journals().position("AGENT_STATE")).isEmpty();
      }

      stores.restoreSql(own);
      awaitNoNotice(persistence);
      states(persistence).save(key, "3");
      states(persistence).flush(key, SOON);
    }
    try (Persistence persistence = open(stores)) {
      assertThat(states(persistence).find(key).orElseThrow().value()).isEqualTo("3");
      assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
    }
  }

  @Test
  void aBucketThatWasRecreatedWhileInUseBearsTheIdentityAgain() {
    try (Persistence persistence = open(stores)) {
      use(persistence);
      stores.recreate(Bucket.AGENT_STATE);
      await()
          .atMost(SOON)
          .until(() -> bearer(Bucket.AGENT_STATE).equals(Optional.of(installation())));
      states(persistence).save(key, "2");
      states(persistence).flush(key, SOON);
      assertThat(persistence.operations().notices()).isEmpty();
    }
  }

  @Test
  void theFailureTellsProgramsBothInstallations() {
    open(stores).close();
    UUID before = installation();
    stores.newInstallation();
    assertThatThrownBy(() -> open(stores))
        .cause()
        .isInstanceOfSatisfying(
            OtherInstallationException.class,
            e -> {
              assertThat(e.found()).contains(before);
              assertThat(e.expected()).isEqualTo(installation());
            });
  }
}
