package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.state.StateRepository;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** nats-server loses the end of its streams: an older copy of its store directory is put back. */
@Tag("fault")
class LostTailIT {

  @TempDir Path directory;

  private final Ledger ledger = new Ledger();
  private final Epochs epochs = new Epochs();

  @Test
  void underAConnectedRuntime() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open(epochs)) {
        List<AgentId> agents = installation.register(persistence, 4);
        write(persistence, agents, 0);
        installation.awaitAll(ledger);
        Path older = copy(servers);
        write(persistence, agents.subList(0, 2), 1_000_000);
        installation.awaitAll(ledger);
        putBack(servers, older);
        write(persistence, agents, 2_000_000);
        check(servers, installation, "LostTail runtime=connected");
      }
    }
  }

  @Test
  void whileNoRuntimeIsConnected() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      List<AgentId> agents;
      Path older;
      try (Persistence persistence = installation.open(epochs)) {
        agents = installation.register(persistence, 4);
        write(persistence, agents, 0);
        installation.awaitAll(ledger);
        older = copy(servers);
        write(persistence, agents.subList(0, 2), 1_000_000);
        installation.awaitAll(ledger);
      }
      putBack(servers, older);
      try (Persistence persistence = installation.open(epochs)) {
        write(persistence, agents, 2_000_000);
        check(servers, installation, "LostTail runtime=closed");
      }
    }
  }

  private void write(Persistence persistence, List<AgentId> agents, long firstNumber) {
    StateRepository<Long> states = persistence.states(Long.class);
    try (Writers writers =
        Writers.start(2, states, agents, Writers.Keys.OVERWRITTEN, firstNumber, ledger)) {
      Waits.moreAcknowledged(ledger, 500);
      writers.stop();
    }
  }

  private Path copy(FaultServers servers) {
    servers.nats().kill();
    Path copy = servers.nats().copyStore(directory.resolve("older"));
    servers.nats().restart();
    return copy;
  }

  private static void putBack(FaultServers servers, Path older) {
    servers.nats().kill();
    servers.nats().replaceStore(older);
    servers.nats().restart();
  }

  private void check(FaultServers servers, Installation installation, String name) {
    int rows = installation.awaitAll(ledger).size();
    installation.assertNothingWentBack();
    assertThat(epochs.reasons()).as("epochs reported").hasSize(1);
    servers.report(
        name,
        "acknowledged=%d rows=%d lost=0 went_back=0 epoch_reason='%s'"
            .formatted(ledger.acknowledged(), rows, epochs.reasons().get(0)));
  }
}
