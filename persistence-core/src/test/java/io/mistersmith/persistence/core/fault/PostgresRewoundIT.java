package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PostgreSQL goes back in time: an older copy of its data directory is put in its place. */
@Tag("fault")
@Tag("full")
class PostgresRewoundIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(10);

  @TempDir Path directory;

  @Test
  void theJournalIsReadAgainByItself() {
    Ledger ledger = new Ledger();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open()) {
        List<AgentId> agents = installation.register(persistence, 4);
        write(persistence, agents, 0, ledger);
        installation.awaitAll(ledger);
        servers.postgres().stop();
        Path older = servers.postgres().copyData(directory.resolve("older"));
        servers.postgres().restart();
        write(persistence, agents, 1_000_000, ledger);
        installation.awaitAll(ledger);
        servers.postgres().stop();
        servers.postgres().replaceData(older);
        servers.postgres().restart();
        int missing = ledger.missingFrom(installation.rows()).size();
        int rows = installation.awaitAll(ledger).size();
        assertThat(ledger.failures()).isZero();
        installation.assertNothingWentBack();
        servers.report(
            "PostgresRewound",
            "acknowledged=%d rows=%d missing_at_first=%d lost=0 new_writes_needed=0"
                .formatted(ledger.acknowledged(), rows, missing));
      }
    }
  }

  /**
   * A backlog of an outage that was longer than the idle time has been flushed, when a replica that
   * lags takes over.
   */
  @Test
  void aBacklogThatWasJustFlushedIsStillInKv() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      PersistenceConfig config = installation.config();
      config =
          config.toBuilder()
              .flush(
                  config.flush().toBuilder()
                      .idleTimeToLive(IDLE)
                      .sweepInterval(Duration.ofMillis(200))
                      .build())
              .build();
      try (Persistence persistence = Persistence.open(config);
          Streams streams = Streams.of(installation)) {
        AgentId agent = installation.register(persistence, 1).get(0);
        StateRepository<Long> states = persistence.states(Long.class);
        StateKey before = StateKey.of(agent, "before");
        states.awaitDurable(before, states.save(before, -1L).revision(), SOON);
        await().atMost(SOON).until(() -> installation.position() == sampled(installation));
        servers.postgres().stop();
        Path replica = servers.postgres().copyData(directory.resolve("replica"));
        List<StateKey> backlog = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
          backlog.add(StateKey.of(agent, "key-" + i));
          states.save(backlog.get(i), (long) i);
        }
        long written = System.nanoTime();
        await().atMost(IDLE.plus(SOON)).until(() -> System.nanoTime() - written > IDLE.toNanos());
        servers.postgres().restart();
        persistence.lifecycle().flush(agent, SOON);
        await()
            .atMost(SOON)
            .until(() -> streams.messages(Installation.tail(agent, ">")) == backlog.size());
        servers.postgres().stop();
        servers.postgres().replaceData(replica);
        servers.postgres().restart();
        await()
            .atMost(Duration.ofSeconds(40))
            .until(() -> installation.rows().keySet().containsAll(backlog));
        for (int i = 0; i < backlog.size(); i++) {
          assertThat(states.find(backlog.get(i)).orElseThrow().value()).isEqualTo(i);
        }
        servers.report("PostgresRewound backlog=500", "outage=" + IDLE + " lost=0");
      }
    }
  }

  private static long sampled(Installation installation) {
    return Long.parseLong(
        installation.query("SELECT COALESCE(max(sequence), 0) FROM agents.journal_samples").get(0));
  }

  private static void write(
      Persistence persistence, List<AgentId> agents, long firstNumber, Ledger ledger) {
    StateRepository<Long> states = persistence.states(Long.class);
    try (Writers writers =
        Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, firstNumber, ledger)) {
      Waits.moreAcknowledged(ledger, 1_000);
      writers.stop();
    }
  }
}
