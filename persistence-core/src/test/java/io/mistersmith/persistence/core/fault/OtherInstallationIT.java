package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers of two installations change places behind an address that stays the same. */
@Tag("fault")
class OtherInstallationIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  private static StateRepository<Long> states(Persistence persistence) {
    return persistence.states(Long.class);
  }

  private static String identity(Installation installation) {
    return installation.query("SELECT id::text FROM agents.installation").get(0);
  }

  private static void assertRefused(ThrowingCallable call, String... words) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
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

  /** An old server is the subject of others. */
  private static void awaitNoNotice(Persistence persistence) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(persistence.operations().notices())
                    .noneSatisfy(notice -> assertThat(notice).contains("installation")));
  }

  private static void awaitWritten(Persistence persistence, StateKey key, long value) {
    await()
        .atMost(SOON)
        .ignoreExceptionsInstanceOf(PersistenceException.class)
        .until(
            () -> {
              states(persistence).save(key, value);
              return true;
            });
    states(persistence).flush(key, SOON);
  }

  private static void swap(FaultServers servers, Path store) {
    servers.nats().stop();
    servers.nats().replaceStore(store);
    servers.nats().restart();
  }

  private Path copy(FaultServers servers, String name) {
    servers.nats().stop();
    Path copy = servers.nats().copyStore(directory.resolve(name));
    servers.nats().restart();
    return copy;
  }

  @Test
  void aNatsOfAnotherInstallationIsNeitherWrittenToNorFlushedFrom() {
    try (FaultServers servers = FaultServers.start()) {
      Installation ours = servers.installation();
      Installation database = servers.installation();
      Installation theirs =
          new Installation(ours.natsUrl(), ours.namePrefix(), database.jdbcUrl(), database.user());
      Path empty = copy(servers, "empty");
      StateKey theirKey;
      try (Persistence persistence = theirs.open()) {
        theirKey = StateKey.of(theirs.register(persistence, 1).get(0), "k");
        awaitWritten(persistence, theirKey, 1);
      }
      Path other = copy(servers, "other");
      swap(servers, empty);
      try (Persistence persistence = ours.open()) {
        StateKey key = StateKey.of(ours.register(persistence, 1).get(0), "k");
        awaitWritten(persistence, key, 1);
        Path own = copy(servers, "own");

        swap(servers, other);
        await()
            .atMost(SOON)
            .untilAsserted(
                () ->
                    assertRefused(
                        () -> states(persistence).save(key, 2L),
                        "bucket " + ours.bucket(),
                        identity(ours),
                        identity(theirs),
                        "nats.namePrefix"));
        awaitNotice(persistence, "bucket " + ours.bucket(), identity(theirs));
        try (Streams streams = Streams.of(ours)) {
          assertThat(streams.messages(">")).as("only their own entry").isEqualTo(1);
        }
        assertThat(ours.rows()).containsOnlyKeys(key);
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();

        swap(servers, own);
        awaitWritten(persistence, key, 3);
        awaitNoNotice(persistence);
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
        assertThat(ours.rows()).containsOnlyKeys(key);
      }
      servers.report("OtherInstallation nats", "written_to_others=0 dead_letters=0");
    }
  }

  @Test
  void aPostgresOfAnotherInstallationIsNotFlushedInto() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open()) {
        List<AgentId> agents = installation.register(persistence, 1);
        StateKey key = StateKey.of(agents.get(0), "k");
        awaitWritten(persistence, key, 1);
        String before = identity(installation);
        String given = installation.query("SELECT agents.new_installation()::text").get(0);
        awaitNotice(persistence, "PostgreSQL answers as installation " + given, before);
        assertRefused(() -> states(persistence).save(key, 2L), given, before);
        long position = installation.position();
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
        assertRefused(installation::open, "bucket " + installation.bucket(), given, before);
        assertThat(installation.position()).isEqualTo(position);

        installation.execute("UPDATE agents.installation SET id = '" + before + "'");
        awaitNoNotice(persistence);
        awaitWritten(persistence, key, 3);
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      }
      servers.report("OtherInstallation postgres", "flushed_into_others=0 dead_letters=0");
    }
  }

  @Test
  void aCopiedDatabaseWithAnIdentityOfItsOwnDoesNotTouchTheBucketsOfTheOriginal() {
    try (FaultServers servers = FaultServers.start()) {
      Installation original = servers.installation();
      StateKey key;
      try (Persistence persistence = original.open()) {
        key = StateKey.of(original.register(persistence, 1).get(0), "k");
        awaitWritten(persistence, key, 1);
      }
      String name = original.jdbcUrl().replaceAll(".*/|\\?.*", "");
      Installation elsewhere = servers.installation();
      original.session().end();
      elsewhere.execute("CREATE DATABASE test_copy TEMPLATE " + name);
      Installation copy =
          new Installation(
              original.natsUrl(),
              original.namePrefix(),
              original.jdbcUrl().replace("/" + name, "/test_copy"),
              original.user());
      assertThat(identity(copy)).isEqualTo(identity(original));
      assertThat(copy.query("SELECT agents.new_installation()")).hasSize(1);
      assertRefused(copy::open, identity(copy), identity(original));
      Installation apart = new Installation(copy.natsUrl(), "copy-", copy.jdbcUrl(), copy.user());
      try (Persistence persistence = apart.open()) {
        assertThat(states(persistence).find(key).orElseThrow().value()).isEqualTo(1L);
        awaitWritten(persistence, key, 2);
      }
      try (Persistence persistence = original.open()) {
        assertThat(states(persistence).find(key).orElseThrow().value()).isEqualTo(1L);
      }
      servers.report("OtherInstallation copy", "shared=0");
    }
  }
}
