package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** nats-server is killed with SIGKILL and started again while a runtime writes. */
@Tag("fault")
class NatsRestartIT {

  private static final int RESTARTS = 5;

  @Test
  void losesNoWriteMakesNoGhostsAndGoesOn() throws Exception {
    Ledger again = new Ledger();
    Ledger once = new Ledger();
    Map<StateKey, Revision> seen = new ConcurrentHashMap<>();
    Epochs epochs = new Epochs();
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open(epochs)) {
        List<AgentId> agents = installation.register(persistence, 6);
        StateRepository<Long> states = persistence.states(Long.class);
        AgentId watched = agents.get(0);
        StateRepository.Watch watch =
            states.watch(watched, event -> seen.put(event.key(), event.revision()));
        try (Writers repeating =
                Writers.start(2, states, agents.subList(0, 3), Writers.Keys.OVERWRITTEN, 0, again);
            Writers single =
                Writers.start(2, states, agents.subList(3, 6), Writers.Keys.ONCE, 0, once)) {
          for (int i = 0; i < RESTARTS; i++) {
            Waits.moreAcknowledged(again, 300);
            servers.nats().kill();
            int failedBefore = again.failures();
            await().atMost(Duration.ofSeconds(60)).until(() -> again.failures() > failedBefore);
            servers.nats().restart();
            Waits.moreAcknowledged(once, 300);
          }
          repeating.stop();
          single.stop();
        }
        Map<StateKey, Row> rows = installation.awaitAll(again);
        assertThat(once.missingFrom(installation.awaitAll(once))).isEmpty();
        assertThat(once.ghostsIn(installation.rows())).as("ghost writes").isEmpty();
        await()
            .atMost(Duration.ofSeconds(60))
            .untilAsserted(
                () ->
                    again
                        .latest()
                        .forEach(
                            (key, write) -> {
                              if (key.agent().equals(watched)) {
                                assertThat(seen.get(key))
                                    .as("watch of %s", key)
                                    .isGreaterThanOrEqualTo(write.revision());
                              }
                            }));
        watch.close();
        assertThat(persistence.operations().deadLetters().count()).isZero();
        assertThat(epochs.reasons()).as("epochs, though nothing was lost").isEmpty();
        installation.assertNothingWentBack();
        servers.report(
            "NatsRestart",
            "kills=%d acknowledged=%d failed=%d rows=%d lost=0 ghosts=0 watched_keys=%d"
                .formatted(
                    RESTARTS,
                    again.acknowledged() + once.acknowledged(),
                    again.failures() + once.failures(),
                    rows.size(),
                    seen.size()));
      }
    }
  }
}
