package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A new database beside a NATS that another one was used with, and the reverse. */
@Tag("fault")
class UnknownEntriesIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void aNewDatabaseBesideAnOldNatsIsRefusedAndAnOldOneBesideANewNatsIsNot() {
    try (FaultServers servers = FaultServers.start()) {
      Installation old = servers.installation();
      StateKey key;
      try (Persistence persistence = old.open()) {
        key = StateKey.of(old.register(persistence, 1).get(0), "k");
        persistence.states(String.class).save(key, "1");
        persistence.states(String.class).flush(key, SOON);
      }
      Installation other = servers.installation();
      Installation mixed =
          new Installation(old.natsUrl(), old.namePrefix(), other.jdbcUrl(), other.user());
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(mixed::open)
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
            .hasMessageContaining("bucket " + old.namePrefix() + "AGENT_STATE")
            .hasMessageContaining("nats.namePrefix");
      }
      assertThat(mixed.rows()).isEmpty();
      try (Persistence persistence = old.open()) {
        assertThat(persistence.states(String.class).find(key).orElseThrow().value()).isEqualTo("1");
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      }
      try (Streams streams = Streams.of(old)) {
        streams.delete();
      }
      try (Persistence persistence = old.open()) {
        assertThat(persistence.states(String.class).find(key).orElseThrow().value()).isEqualTo("1");
        assertThat(persistence.operations().deadLetters().open(10)).isEmpty();
      }
      servers.report("UnknownEntries", "refused=3 dead_letters=0");
    }
  }
}
