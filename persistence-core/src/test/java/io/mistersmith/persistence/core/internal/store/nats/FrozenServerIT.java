package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.time.Duration;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that keeps its connections and answers nobody. */
class FrozenServerIT {

  private static final Duration MILLISECONDS = Duration.ofMillis(200);
  private static final Duration SOON = Duration.ofSeconds(9);

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void aReadOfWhatIsInMemoryIsSoonAnsweredByPostgresqlAtOnce(String line) {
    Agent agent = Agent.of("test", "tester");
    StateKey key = StateKey.of(agent.id(), "k");
    try (NatsServer server = NatsServer.start(NatsOptions.defaults().withLine(line));
        NatsFixture fixture = new NatsFixture(server);
        Persistence persistence = Persistence.open(fixture.config().build(), fixture.provider())) {
      persistence.agents().save(agent);
      StateRepository<Integer> states = persistence.states(Integer.class);
      Revision saved = states.save(key, 1).revision();
      states.awaitDurable(key, saved, Duration.ofSeconds(20));
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> states.find(key).orElseThrow().layer() == StorageLayer.MEMORY_CACHE);

      server.pause();
      long start = System.nanoTime();
      Awaitility.await()
          .pollInterval(Duration.ofMillis(20))
          .atMost(Duration.ofSeconds(60))
          .until(() -> timed(() -> states.find(key).orElseThrow()) == Outcome.FROM_SQL_AT_ONCE);
      Duration noticed = Duration.ofNanos(System.nanoTime() - start);
      System.out.printf("%s: PostgreSQL answers at once after %d ms%n", line, noticed.toMillis());
      assertThat(noticed).as("the connection's own pings take 10 to 15 s").isLessThan(SOON);
      for (int i = 0; i < 50; i++) {
        assertThat(timed(() -> states.find(key).orElseThrow())).isEqualTo(Outcome.FROM_SQL_AT_ONCE);
      }
      assertThat(persistence.operations().consistency().stats().kvAnswered()).isFalse();

      server.resume();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> timed(() -> states.find(key).orElseThrow()) == Outcome.ANSWERED);
    }
  }

  private enum Outcome {
    ANSWERED,
    FROM_SQL_AT_ONCE,
    FROM_SQL_LATE,
    FAILED
  }

  private static Outcome timed(Supplier<Versioned<Integer>> read) {
    long start = System.nanoTime();
    try {
      if (read.get().awaySince().isEmpty()) {
        return Outcome.ANSWERED;
      }
    } catch (TransientPersistenceException e) {
      assertThat(e.error()).isIn(DataError.CONNECTION_FAILED, DataError.TIMEOUT);
      return Outcome.FAILED;
    }
    return System.nanoTime() - start < MILLISECONDS.toNanos()
        ? Outcome.FROM_SQL_AT_ONCE
        : Outcome.FROM_SQL_LATE;
  }
}
