package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The bucket of agent state is deleted and recreated. */
@Tag("fault")
class BucketRecreatedIT {

  private static final FaultServers SERVERS = FaultServers.start();
  private final Ledger ledger = new Ledger();

  @AfterAll
  static void close() {
    SERVERS.close();
  }

  @Test
  void underAConnectedRuntimeThatWrites() {
    Installation installation = SERVERS.installation();
    Epochs epochs = new Epochs();
    try (Persistence persistence = installation.open(epochs);
        Streams streams = Streams.of(installation)) {
      List<AgentId> agents = installation.register(persistence, 3);
      List<AgentId> others = installation.register(persistence, 3);
      write(persistence, agents, 0);
      installation.awaitAll(ledger);
      // Traffic goes on all the time; what of it was in the deleted bucket is nobody's promise.
      try (Writers traffic =
          Writers.start(
              2,
              persistence.states(Long.class),
              others,
              Writers.Keys.OVERWRITTEN,
              0,
              new Ledger())) {
        for (int i = 1; i <= 3; i++) {
          streams.recreate();
          write(persistence, agents, i * 1_000_000L);
          installation.awaitAll(ledger);
        }
        // Nobody makes it again but the runtime itself.
        streams.delete();
        Waits.passed(Duration.ofSeconds(3));
        write(persistence, agents, 4_000_000L);
        traffic.stop();
      }
      check(installation, persistence, epochs, 4, "BucketRecreated runtime=connected");
    }
  }

  @Test
  void whileNoRuntimeIsConnected() {
    Installation installation = SERVERS.installation();
    List<AgentId> agents;
    try (Persistence persistence = installation.open()) {
      agents = installation.register(persistence, 3);
      write(persistence, agents, 0);
      installation.awaitAll(ledger);
    }
    try (Streams streams = Streams.of(installation)) {
      streams.recreate();
    }
    Epochs epochs = new Epochs();
    try (Persistence persistence = installation.open(epochs)) {
      write(persistence, agents.subList(0, 2), 1_000_000);
      check(installation, persistence, epochs, 1, "BucketRecreated runtime=closed");
    }
  }

  /**
   * A runtime that has written nothing itself cannot see at its first acknowledgement that
   * sequences have begun again. A write that it reports as durable must be durable all the same.
   */
  @Test
  void aWriteReportedAsDurableIsDurable() {
    Installation installation = SERVERS.installation();
    try (Persistence leading = installation.open()) {
      List<AgentId> agents = installation.register(leading, 3);
      write(leading, agents, 0);
      installation.awaitAll(ledger);
      try (Persistence second = installation.open();
          Streams streams = Streams.of(installation)) {
        streams.recreate();
        StateRepository<Long> states = second.states(Long.class);
        StateKey key = StateKey.of(agents.get(0), "durable");
        Revision revision = states.save(key, 7L).revision();
        states.awaitDurable(key, revision, Duration.ofSeconds(20));
        assertThat(installation.rows())
            .hasEntrySatisfying(key, row -> assertThat(row.revision()).isEqualTo(revision));
        SERVERS.report(
            "BucketRecreated runtime=idle",
            "revision=%s durable_when_said=true".formatted(revision));
      }
    }
  }

  private void write(Persistence persistence, List<AgentId> agents, long firstNumber) {
    try (Writers writers =
        Writers.start(
            2,
            persistence.states(Long.class),
            agents,
            Writers.Keys.OVERWRITTEN,
            firstNumber,
            ledger)) {
      Waits.moreAcknowledged(ledger, 500);
      writers.stop();
    }
  }

  private void check(
      Installation installation,
      Persistence persistence,
      Epochs epochs,
      int recreated,
      String name) {
    int rows = installation.awaitAll(ledger).size();
    assertThat(persistence.operations().deadLetters().count()).as("refused").isZero();
    installation.assertNothingWentBack();
    assertThat(epochs.reasons()).as("epochs").hasSize(recreated);
    SERVERS.report(
        name,
        "recreated=%d epochs=%d acknowledged=%d failed=%d rows=%d lost=0 refused=0"
            .formatted(
                recreated,
                epochs.reasons().size(),
                ledger.acknowledged(),
                ledger.failures(),
                rows));
  }
}
